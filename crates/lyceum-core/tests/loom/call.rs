//! A call as far as the phase is concerned: what `block.rs`, `turn.rs` and `ticket.rs` do.

use std::task::{Wake, Waker};

use loom::sync::Mutex;

use crate::phase::{Ending, Phase, Verdict};
use crate::sync::{AtomicU32, Ordering, UnsafeCell, Watched};

/// A block with its content and the mailbox that may hold it.
pub(crate) struct Call {
    phase: Phase,
    waiter: UnsafeCell<Option<Waker>>,
    /// Loom finds two owners at a time; `None` is content that was taken or dropped.
    content: UnsafeCell<Option<u32>>,
    is_queued: Mutex<bool>,
}

/// What the caller came to.
pub(crate) enum Fate {
    Ended(Ending),
    GaveUp,
}

/// A waker that notes that it was woken.
pub(crate) struct Flag(AtomicU32);

impl Flag {
    pub(crate) fn new() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self(AtomicU32::new(0)))
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

impl Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Call {
    /// A call whose turn runs.
    pub(crate) fn new() -> Self {
        Self::in_queue(false)
    }

    /// A call whose message waits.
    pub(crate) fn queued() -> Self {
        Self::in_queue(true)
    }

    fn in_queue(is_queued: bool) -> Self {
        Self {
            phase: Phase::new(),
            waiter: UnsafeCell::new(None),
            content: UnsafeCell::new(Some(1)),
            is_queued: Mutex::new(is_queued),
        }
    }

    fn leave_queue(&self) -> bool {
        std::mem::take(&mut *self.is_queued.lock().unwrap())
    }

    /// Takes the content, which must be there.
    pub(crate) fn take_content(&self) {
        // SAFETY: loom checks the access.
        let content = self.content.with_mut(|content| unsafe { (*content).take() });
        assert!(content.is_some(), "content is taken or dropped once");
    }

    pub(crate) fn is_content_gone(&self) -> bool {
        // SAFETY: loom checks the access.
        self.content.with(|content| unsafe { (*content).is_none() })
    }

    /// Finishes the turn with an answer; true if the caller gets it.
    pub(crate) fn answer(&self) -> bool {
        // SAFETY: loom checks the access.
        self.content.with_mut(|content| unsafe { *content = Some(2) });
        let given = self.phase.finish_and_give(&self.waiter);
        if !given {
            self.take_content();
        }
        assert!(self.phase.is_finished());
        given
    }

    /// Takes the message out of the queue, and answers.
    pub(crate) fn start_and_answer(&self) {
        if !self.leave_queue() {
            return;
        }
        if self.phase.is_cancelled() {
            self.take_content();
            self.phase.finish();
            return;
        }
        self.answer();
    }

    /// Ends the wait while the turn goes on; true if that was the outcome.
    pub(crate) fn time_out(&self) -> bool {
        self.phase.end(Verdict::Timeout, false, &self.waiter)
    }

    /// Takes the message out of the queue, and gives it back to its caller.
    pub(crate) fn expire(&self) {
        if self.leave_queue() && !self.phase.end(Verdict::Timeout, true, &self.waiter) {
            self.take_content();
        }
    }

    pub(crate) fn poll(&self, flag: &std::sync::Arc<Flag>) -> Option<Ending> {
        self.phase.poll(&Waker::from(flag.clone()), &self.waiter)
    }

    /// Polls once, and gives up if that brings nothing, as a dropped ticket does.
    ///
    /// Takes what the call gives at once, while the other threads go on.
    pub(crate) fn wait_or_give_up(&self) -> Fate {
        let ended = self.poll(&Flag::new()).or_else(|| self.phase.abandon());
        if let Some(ending) = ended {
            if ending.given {
                self.take_content();
            }
            return Fate::Ended(ending);
        }
        if self.leave_queue() {
            self.take_content();
        }
        Fate::GaveUp
    }
}
