//! Phases: how the two sides of a call agree on its one outcome.

use std::task::Waker;

use super::sync::{AtomicU32, Ordering, UnsafeCell, Watched};

/// The outcome is decided.
const ENDED: u32 = 1;
/// The caller's waker is in place.
const WAITER: u32 = 1 << 1;
/// Nobody waits for the outcome any more.
const ABANDONED: u32 = 1 << 2;
/// The turn is over: wake-ups mean nothing any more.
const FINISHED: u32 = 1 << 4;
/// The content is the caller's.
const GIVEN: u32 = 1 << 5;
/// Where the verdict starts.
const VERDICT_SHIFT: u32 = 8;

/// How a call ended, as far as two bytes tell; the caller makes its error from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verdict {
    /// The action ran; the content is its result or the text of its panic.
    Ran = 0,
    /// The deadline passed.
    Timeout,
    /// The mailbox evicted the message.
    Evicted,
    /// The agent ended before the message started.
    Terminated,
    /// The agent went down while the message ran.
    Down,
    /// The message is in the mailbox: all that the sender of a one-way message waits for.
    Accepted,
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) verdict: Verdict,
    /// Whether the content is the caller's.
    pub(crate) given: bool,
}

/// The state that caller and agent share, a word with the protocol of a one-shot channel.
pub(crate) struct Phase(AtomicU32);

impl Phase {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Decides the outcome; true if this was the first to do so and the caller still waits.
    ///
    /// With `given`, the content belongs to the caller from then on if this returns true, and
    /// stays with the agent's side otherwise. The waiter is woken.
    pub(crate) fn end(
        &self,
        verdict: Verdict,
        given: bool,
        waiter: &UnsafeCell<Option<Waker>>,
    ) -> bool {
        let mark = ENDED | ((verdict as u32) << VERDICT_SHIFT) | if given { GIVEN } else { 0 };
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            if now & (ENDED | ABANDONED) != 0 {
                return false;
            }
            match self.0.compare_exchange_weak(now, now | mark, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(seen) => now = seen,
            }
        }
        wake(now, waiter);
        true
    }

    /// Says that the turn is over and its content the caller's, as [`finish`](Self::finish) and
    /// [`end`](Self::end) do one after the other.
    pub(crate) fn finish_and_give(&self, waiter: &UnsafeCell<Option<Waker>>) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let open = now & (ENDED | ABANDONED) == 0;
            let next = now | FINISHED | if open { ENDED | GIVEN } else { 0 };
            match self.0.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if open => break,
                Ok(_) => return false,
                Err(seen) => now = seen,
            }
        }
        wake(now, waiter);
        true
    }

    /// Returns the outcome, or puts the waker in place for when it is decided.
    pub(crate) fn poll(&self, waker: &Waker, waiter: &UnsafeCell<Option<Waker>>) -> Option<Ending> {
        let mut now = self.0.load(Ordering::Acquire);
        if now & ENDED != 0 {
            return Some(Ending::read(now));
        }
        if now & WAITER != 0 {
            let is_present = waiter.with(|slot| {
                // SAFETY: the slot is only read while WAITER is set, by either side.
                let present = unsafe { &*slot }.as_ref();
                present.is_some_and(|present| present.will_wake(waker))
            });
            if is_present {
                return None;
            }
            now = self.0.fetch_and(!WAITER, Ordering::AcqRel);
            if now & ENDED != 0 {
                return Some(Ending::read(now));
            }
        }
        waiter.with_mut(|slot| {
            // SAFETY: WAITER is clear and the call has not ended, so that the slot is the
            // caller's.
            unsafe { *slot = Some(waker.clone()) };
        });
        now = self.0.fetch_or(WAITER, Ordering::AcqRel);
        (now & ENDED != 0).then(|| Ending::read(now))
    }

    /// Gives up waiting; returns the outcome if it was decided before.
    pub(crate) fn abandon(&self) -> Option<Ending> {
        let before = self.0.fetch_or(ABANDONED, Ordering::AcqRel);
        (before & ENDED != 0).then(|| Ending::read(before))
    }

    /// Says that the turn is over, so that wake-ups are ignored.
    pub(crate) fn finish(&self) {
        self.0.fetch_or(FINISHED, Ordering::AcqRel);
    }

    /// Returns whether the outcome is decided.
    pub(crate) fn is_ended(&self) -> bool {
        self.0.load(Ordering::Acquire) & ENDED != 0
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.0.load(Ordering::Acquire) & FINISHED != 0
    }

    /// Returns whether the answer will be discarded: the caller gave up or its time is over.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) & (ABANDONED | ENDED) != 0
    }
}

/// Wakes the caller of a call that has just ended, if its waker was in place.
fn wake(before: u32, waiter: &UnsafeCell<Option<Waker>>) {
    if before & WAITER != 0 {
        waiter.with(|slot| {
            // SAFETY: with WAITER set the caller does not touch the slot unless it clears the
            // bit before ENDED is set.
            if let Some(waker) = unsafe { &*slot } {
                waker.wake_by_ref();
            }
        });
    }
}

impl Ending {
    fn read(word: u32) -> Self {
        let verdict = match (word >> VERDICT_SHIFT) as u8 {
            0 => Verdict::Ran,
            1 => Verdict::Timeout,
            2 => Verdict::Evicted,
            3 => Verdict::Terminated,
            4 => Verdict::Down,
            _ => Verdict::Accepted,
        };
        Self { verdict, given: word & GIVEN != 0 }
    }
}
