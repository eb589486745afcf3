//! Tickets: the caller's side of a call whose outcome comes later.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::block::{Block, BlockRef, Content};
use super::entry::{Refusal, Reply, Submitted};
use super::phase::{Ending, Verdict};
use super::turn::drop_content;
use super::waits;
use crate::Message;

/// The right to the outcome of one call. Dropping it gives up: a message that is still queued is
/// removed, a turn that runs goes on.
pub(crate) struct Ticket<M: Message> {
    block: BlockRef,
    /// Whether a turn made the call, so that the graph of waits may know of it.
    waits: bool,
    taken: bool,
    message: PhantomData<fn(M) -> M>,
}

/// What a ticket brought.
pub(crate) enum Outcome<M: Message> {
    /// The action ran.
    Ran(Reply<M>),
    /// The action panicked.
    Panicked(Box<str>),
    /// It did not run to its end; the message comes back where it did not start.
    Ended(Verdict, Option<M>),
    /// A one-way message got in.
    Accepted,
}

impl<M: Message> Ticket<M> {
    /// Takes over a count of a block that holds or will hold a message or reply of type `M`.
    pub(super) fn new(block: BlockRef) -> Self {
        let waits = block.parent().is_some();
        Self { block, waits, taken: false, message: PhantomData }
    }

    /// Gives up the ticket of a message that never got in.
    pub(super) fn forget(mut self) {
        self.taken = true;
    }

    /// Notes who waits, unless that would wait for itself.
    pub(super) fn enter_wait(mut self) -> Submitted<M> {
        if self.waits
            && waits::enter(&self.block)
            && let Some(message) = self.take_back()
        {
            return Submitted::Refused(Refusal::Reentrant, message);
        }
        Submitted::Waiting(self)
    }

    /// Notes that nobody waits any more.
    fn leave_wait(&mut self) {
        if std::mem::take(&mut self.waits) {
            waits::leave(&self.block);
        }
    }

    /// Takes the message back if it did not start.
    fn take_back(&mut self) -> Option<M> {
        let block = self.block.pointer();
        // SAFETY: the ticket's holder keeps the agent alive by a handle.
        if !unsafe { self.block.agent.as_ref() }.remove_message(block) {
            return None;
        }
        self.taken = true;
        // SAFETY: the block left the queue, and with it the content is ours; its count, too.
        unsafe {
            let message = self.take_message();
            Block::release(block);
            message
        }
    }

    /// Returns the outcome once there is one.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<M>> {
        match self.block.phase.poll(cx.waker(), &self.block.waiter) {
            Some(ending) => Poll::Ready(self.take(ending)),
            None => Poll::Pending,
        }
    }

    /// Returns whether the outcome is there.
    pub(super) fn is_decided(&self) -> bool {
        self.block.phase.is_ended()
    }

    /// Returns whether the message left the queue to run.
    pub(crate) fn has_started(&self) -> bool {
        self.block.has_started()
    }

    fn take(&mut self, ending: Ending) -> Outcome<M> {
        self.taken = true;
        self.leave_wait();
        // SAFETY: what the ending gave is the caller's, of the type that the content says.
        unsafe {
            match (ending.verdict, self.block.content_if(ending.given)) {
                (Verdict::Accepted, _) => Outcome::Accepted,
                (_, Content::Result) => {
                    self.block.content.set(Content::Empty);
                    Outcome::Ran(self.payload::<Reply<M>>().read())
                }
                (_, Content::Panic) => {
                    self.block.content.set(Content::Empty);
                    Outcome::Panicked(self.payload::<Box<str>>().read())
                }
                (verdict, Content::Message) => Outcome::Ended(verdict, self.take_message()),
                (verdict, _) => Outcome::Ended(verdict, None),
            }
        }
    }

    /// # Safety
    ///
    /// The content is the caller's.
    unsafe fn take_message(&self) -> Option<M> {
        if self.block.content.replace(Content::Empty) != Content::Message {
            return None;
        }
        // SAFETY: as the caller says; the block was filled with a message of this type.
        Some(unsafe { self.payload::<M>().read() })
    }

    fn payload<T>(&self) -> NonNull<T> {
        Block::payload(self.block.pointer()).cast()
    }
}

impl<M: Message> Drop for Ticket<M> {
    fn drop(&mut self) {
        self.leave_wait();
        if self.taken {
            return;
        }
        let block = self.block.pointer();
        if let Some(ending) = self.block.phase.abandon() {
            if ending.given {
                drop_content(block);
            }
            return;
        }
        // SAFETY: the ticket's holder keeps the agent alive by a handle.
        if unsafe { self.block.agent.as_ref() }.remove_message(block) {
            drop_content(block);
            // SAFETY: the count of the queue is ours once the block left it.
            unsafe { Block::release(block) };
        } else {
            self.block.wake_to_drop();
        }
    }
}

impl<M: Message> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", M::INFO)
    }
}
