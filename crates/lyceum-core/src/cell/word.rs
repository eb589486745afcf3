//! The state word: who holds an agent's cell, and who must look at it next.
//!
//! Holding is the right to touch the agent's state and its suspended turns. It passes between
//! three kinds of thread: callers that run an idle agent themselves, pumps that drain mailboxes,
//! and those that only leave something behind (a message, a wake-up, a request) and say so with
//! [`Word::notify`]. The promise, checked by the loom models: whatever was left behind before a
//! `notify` is looked at by a holder after it.

use super::sync::{AtomicU32, Ordering};

/// Somebody holds the cell.
const HELD: u32 = 1;
/// Something was left behind while the cell was held: the holder must not let go of it unseen.
const NOTIFIED: u32 = 1 << 1;
/// The cell is in a run queue; nobody else may put it there.
const SCHEDULED: u32 = 1 << 2;
/// The agent is gone for good: nothing is scheduled any more.
const ENDED: u32 = 1 << 3;

/// A turn with exclusive access is suspended.
pub(crate) const SUSPENDED: u32 = 1 << 4;
/// At least one turn with shared access is suspended.
pub(crate) const SHARING: u32 = 1 << 5;
/// Turns do not start now: the agent is starting, inactive, stopping or gone.
pub(crate) const CLOSED: u32 = 1 << 6;
/// Messages wait for a suspended turn or a job to end.
pub(crate) const WAITING: u32 = 1 << 7;
/// As many turns with shared access are suspended as may be.
pub(crate) const CROWDED: u32 = 1 << 8;

/// The bits that only a holder changes, when it lets go.
const PARKED: u32 = SUSPENDED | SHARING | CLOSED | WAITING | CROWDED;

/// Who holds the cell, who must look at it, and what stands in a new turn's way.
///
/// Zero means idle: nobody holds the cell, nothing is queued, nothing is suspended.
pub(crate) struct Word(AtomicU32);

/// What to do after letting go of a cell.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Released {
    /// Nothing: the next notification schedules the cell.
    Quiet,
    /// Put the cell into a run queue: something was left behind meanwhile.
    Schedule,
}

impl Word {
    /// Makes the word of a cell that does not start turns yet.
    pub(crate) fn closed() -> Self {
        Self(AtomicU32::new(CLOSED))
    }

    /// Makes the word of an idle cell.
    pub(crate) fn idle() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Takes an idle cell; with `shared`, one on which only shared turns are suspended, too.
    ///
    /// On success the caller is the holder and returns the cell with [`release`](Self::release).
    #[inline]
    pub(crate) fn try_hold(&self, shared: bool) -> bool {
        let idle = if shared { self.0.load(Ordering::Relaxed) & SHARING } else { 0 };
        self.0.compare_exchange(idle, idle | HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Takes a cell on which nothing runs or is suspended, whether or not turns may start; returns
    /// whether they may not, and `None` if it cannot be taken.
    ///
    /// As after [`try_hold`](Self::try_hold), the caller is the holder. If he lets turns start that
    /// could not, he lets go with [`release_scheduled`](Self::release_scheduled): messages may wait
    /// for that.
    #[inline]
    pub(crate) fn try_hold_open_or_closed(&self) -> Option<bool> {
        let now = self.0.load(Ordering::Relaxed);
        // Without the former mark, messages wait for a turn that is suspended, or for a job.
        let idle = if now & CLOSED == 0 { 0 } else { CLOSED | now & WAITING };
        let held = self.0.compare_exchange(idle, idle | HELD, Ordering::Acquire, Ordering::Relaxed);
        held.is_ok().then_some(idle != 0)
    }

    /// Returns whether something was left behind while the caller holds the cell, for a glimpse.
    #[inline]
    pub(crate) fn is_notified(&self) -> bool {
        self.0.load(Ordering::Relaxed) & NOTIFIED != 0
    }

    /// Lets go of the cell, leaving `parked` as what stands in a new turn's way.
    #[inline]
    pub(crate) fn release(&self, parked: u32) -> Released {
        debug_assert_eq!(parked & !PARKED, 0, "only parked bits are left behind");
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            debug_assert_ne!(now & HELD, 0, "only the holder releases");
            let notified = now & NOTIFIED != 0;
            let next = parked | if notified { SCHEDULED } else { 0 };
            match self.0.compare_exchange_weak(now, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) if notified => return Released::Schedule,
                Ok(_) => return Released::Quiet,
                Err(seen) => now = seen,
            }
        }
    }

    /// Lets go of the cell unless something was left behind meanwhile; true if it is let go.
    #[inline]
    pub(crate) fn release_unless_notified(&self, parked: u32) -> bool {
        debug_assert_eq!(parked & !PARKED, 0, "only parked bits are left behind");
        let mut now = self.0.load(Ordering::Relaxed);
        while now & NOTIFIED == 0 {
            match self.0.compare_exchange_weak(now, parked, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => now = seen,
            }
        }
        false
    }

    /// Lets go of the cell and puts it into a run queue whether or not anything was left behind.
    pub(crate) fn release_scheduled(&self, parked: u32) {
        let before = self.0.swap(parked | SCHEDULED, Ordering::AcqRel);
        debug_assert_ne!(before & HELD, 0, "only the holder releases");
    }

    /// Lets go of the cell for good.
    ///
    /// An exchange: of a late notification and this, one sees what the other left behind.
    pub(crate) fn release_ended(&self) {
        self.0.swap(ENDED | CLOSED, Ordering::AcqRel);
    }

    /// Returns whether the agent is gone for good.
    pub(crate) fn is_ended(&self) -> bool {
        self.0.load(Ordering::Acquire) & ENDED != 0
    }

    /// Returns whether messages wait for a suspended turn or a job.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(Ordering::Acquire) & (WAITING | HELD) != 0
    }

    /// Says that something was left behind; true if the caller must put the cell into a run
    /// queue.
    ///
    #[inline]
    pub(crate) fn notify(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let mark = match now & (ENDED | SCHEDULED | HELD) {
                0 => SCHEDULED,
                HELD => NOTIFIED,
                _ => 0,
            };
            // An exchange even where nothing changes: a holder that takes the word after it has
            // then seen what was left behind.
            match self.0.compare_exchange_weak(now, now | mark, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return mark == SCHEDULED,
                Err(seen) => now = seen,
            }
        }
    }

    /// Like [`notify`](Self::notify), for messages, which were left behind under the mailbox's
    /// lock: it orders them against every look, so that reading the word is enough where it
    /// promises one, or where they wait for a suspended turn anyhow.
    #[inline]
    pub(crate) fn notify_message(&self) -> bool {
        let now = self.0.load(Ordering::Acquire);
        let promised = now & (SCHEDULED | ENDED | NOTIFIED) != 0;
        let waits = now & (WAITING | HELD) == WAITING;
        !promised && !waits && self.notify()
    }

    /// Takes a cell out of the run queue that scheduled it.
    #[inline]
    pub(crate) fn take_scheduled(&self) {
        let before = self.0.fetch_xor(SCHEDULED | HELD, Ordering::AcqRel);
        debug_assert_eq!(before & (SCHEDULED | HELD), SCHEDULED, "a scheduled cell is not held");
    }

    /// Clears the holder's mark before it looks at what was left behind.
    #[inline]
    pub(crate) fn look(&self) {
        if self.0.load(Ordering::Relaxed) & NOTIFIED != 0 {
            self.0.fetch_and(!NOTIFIED, Ordering::AcqRel);
        }
    }

    /// Returns whether a turn runs or is suspended, so that a caller's chain may hold one.
    #[inline]
    pub(crate) fn is_occupied(&self) -> bool {
        self.0.load(Ordering::Acquire) & (HELD | SUSPENDED | SHARING) != 0
    }

    /// Returns whether no more shared turn may be suspended, for a glimpse.
    pub(crate) fn is_crowded(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CROWDED != 0
    }

    /// Returns whether nothing runs, waits or is scheduled.
    pub(crate) fn is_quiet(&self) -> bool {
        self.0.load(Ordering::Acquire) & (HELD | SCHEDULED | SUSPENDED | SHARING | WAITING) == 0
    }
}
