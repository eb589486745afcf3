//! Detached turns: actions that run as jobs of their agent, beside everything.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::block::{Block, BlockRef, Content};
use super::frame::Frame;
use super::phase::Verdict;
use super::turn::{build_and_poll, drop_content};
use crate::caught::{self, catch, panic_text};
use crate::{AgentRef, OnCancel, life};

/// The future of a detached turn; it owns the block's content.
pub(crate) struct DetachedTurn(BlockRef);

impl DetachedTurn {
    pub(super) fn new(turn: BlockRef) -> Self {
        Self(turn)
    }

    /// Returns what finds the job, if it is to be dropped when its caller gives up.
    pub(crate) fn key(&self) -> Option<usize> {
        (self.0.vtable.info.on_cancel == OnCancel::Drop).then(|| key(&self.0))
    }

    fn end(&self, verdict: Verdict, failed: bool) {
        let turn = &self.0;
        // SAFETY: the block counts its agent since it became a job.
        let header = unsafe { turn.agent.as_ref() };
        let key = self.key();
        header.with_extras(|extras| {
            extras.count_detached(failed);
            // The block's address is free for another one from now on.
            key.and_then(|key| extras.jobs.forget_turn(key));
        });
        turn.phase.finish();
        let given = verdict == Verdict::Ran;
        if !(turn.awaited.get() && turn.end(verdict, given) && given) {
            drop_content(turn.pointer());
        }
        if header.mailbox.unlink(turn.pointer()) {
            // SAFETY: the list's count is ours once the turn is unlinked.
            unsafe { Block::release(turn.pointer()) };
        }
    }
}

/// Drops the job of a turn whose caller gave up. One that is no job yet sees it at its first poll.
pub(super) fn drop_abandoned(turn: &BlockRef) {
    // SAFETY: who gives up keeps the agent alive, and so does who ends a wait.
    let agent = unsafe { AgentRef::from_alive(turn.agent) };
    life::drop_detached(&agent, key(turn));
}

/// Returns a number that no other turn has meanwhile.
fn key(turn: &BlockRef) -> usize {
    turn.pointer().addr().get()
}

impl Future for DetachedTurn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let turn = &self.0;
        if turn.is_cancelled() && turn.vtable.info.on_cancel == OnCancel::Drop {
            drop_content(turn.pointer());
            self.end(Verdict::Down, true);
            return Poll::Ready(());
        }
        // SAFETY: the block counts its agent since it became a job.
        let header = unsafe { turn.agent.as_ref() };
        let node = NonNull::from(&*header.node);
        let frame = Frame::new(node, Some(turn.agent), Some(turn.pointer()), false);
        let polled = {
            let _entered = frame.enter();
            // SAFETY: this job owns the block's content.
            catch(|| unsafe { build_and_poll(turn.pointer(), cx) })
        };
        match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => self.end(Verdict::Ran, turn.failed.get()),
            Err(panic) => {
                drop_content(turn.pointer());
                let text = panic_text(&*panic);
                let payload = Block::payload(turn.pointer());
                // SAFETY: the content is empty, and the payload has room for a panic's text.
                unsafe { payload.cast::<Box<str>>().write(text.clone()) };
                turn.content.set(Content::Panic);
                self.end(Verdict::Ran, true);
                caught::forget(panic);
                life::turn_panicked(header, turn.vtable.info, &text);
            }
        }
        Poll::Ready(())
    }
}

impl Drop for DetachedTurn {
    fn drop(&mut self) {
        if !self.0.phase.is_finished() {
            drop_content(self.0.pointer());
            self.end(Verdict::Down, true);
        }
    }
}
