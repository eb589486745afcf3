//! What is ready to run on a node, and the pumps that wait for more.
//!
//! A pump that finds more than it takes wakes the next one, so that one waking is under way at a
//! time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use crate::cell::{Guard, Lock};

/// How many a pump that is alone takes at once.
const TAKEN: usize = 32;

/// A queue of what is ready, whatever that is.
pub(super) struct Ready<T> {
    inner: Lock<Inner<T>>,
    /// Whether there may be something, for a glimpse without the lock; changed under it.
    filled: AtomicBool,
}

struct Inner<T> {
    ready: VecDeque<T>,
    /// The wakers of pumps that found nothing.
    idle: Vec<(usize, Waker)>,
    /// Whether a pump was woken and has not looked yet.
    searching: bool,
    /// How many pumps are not idle.
    busy: usize,
    /// Those who wait until all pumps are idle.
    waiting: Vec<Waker>,
    closed: bool,
}

/// What the queue knows of one pump.
pub(super) struct PumpState<T> {
    index: usize,
    was_idle: bool,
    /// Whether it is the only pump, so that nobody else could run what it takes.
    alone: bool,
    taken: VecDeque<T>,
}

/// What a pump finds.
pub(super) enum Popped<T> {
    Run(T),
    /// Enough for another pump, which was woken: it goes first.
    MoveOver,
    Nothing,
}

impl<T> Ready<T> {
    pub(super) fn new() -> Self {
        let inner = Inner {
            ready: VecDeque::new(),
            idle: Vec::new(),
            searching: false,
            busy: 0,
            waiting: Vec::new(),
            closed: false,
        };
        Self { inner: Lock::new(inner), filled: AtomicBool::new(false) }
    }

    #[inline]
    fn lock(&self) -> Guard<'_, Inner<T>> {
        self.inner.lock()
    }

    /// Returns how many things are ready.
    pub(super) fn len(&self) -> usize {
        self.lock().ready.len()
    }

    /// Returns whether nothing is ready, as a glimpse: what comes meanwhile may be overlooked.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !self.filled.load(Ordering::Acquire) || self.looks_empty()
    }

    /// Looks under the lock, and lets the next glimpse do without it.
    #[cold]
    fn looks_empty(&self) -> bool {
        let inner = self.lock();
        let is_empty = inner.ready.is_empty();
        if is_empty {
            self.filled.store(false, Ordering::Release);
        }
        is_empty
    }

    /// Puts something in, and wakes a pump unless one is about to look, as the caller's `own` is.
    ///
    /// # Errors
    ///
    /// Gives it back if the queue is closed.
    #[inline]
    pub(super) fn push(&self, next: T, own: bool) -> Result<(), T> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(next);
        }
        inner.ready.push_back(next);
        self.filled.store(true, Ordering::Release);
        // A pump looks again itself, and calls for another one if it finds more than one thing.
        let waker = if own { None } else { inner.next_pump() };
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Takes the one that `choose` chooses among so many.
    pub(super) fn pop_any(&self, choose: impl FnOnce(usize) -> usize) -> Option<T> {
        let mut inner = self.lock();
        let ready = inner.ready.len();
        if ready > 1 {
            return inner.ready.swap_remove_front(choose(ready));
        }
        inner.ready.pop_front()
    }

    /// Takes the next for a pump, or notes that the pump is idle. A pump that is alone takes
    /// some more.
    pub(super) fn pop_for(&self, pump: &mut PumpState<T>, waker: &Waker) -> Popped<T> {
        if let Some(next) = pump.taken.pop_front() {
            return Popped::Run(next);
        }
        let mut inner = self.lock();
        if std::mem::take(&mut pump.was_idle) {
            inner.searching = false;
            inner.idle.retain(|(index, _)| *index != pump.index);
            inner.busy += 1;
        }
        if inner.ready.len() > 1
            && let Some(waker) = inner.next_pump()
        {
            drop(inner);
            waker.wake();
            return Popped::MoveOver;
        }
        if let Some(next) = inner.ready.pop_front() {
            if pump.alone {
                let some = inner.ready.len().min(TAKEN);
                pump.taken.extend(inner.ready.drain(..some));
            }
            return Popped::Run(next);
        }
        pump.was_idle = true;
        inner.busy -= 1;
        inner.idle.push((pump.index, waker.clone()));
        let waiting = if inner.busy == 0 { std::mem::take(&mut inner.waiting) } else { Vec::new() };
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        Popped::Nothing
    }

    /// Makes what the queue knows of a pump that is about to run for the first time.
    pub(super) fn add_pump(&self, index: usize, alone: bool) -> PumpState<T> {
        self.lock().busy += 1;
        PumpState { index, was_idle: false, alone, taken: VecDeque::new() }
    }

    /// Returns whether nothing runs and nothing is ready; else the waker is woken later.
    pub(super) fn poll_idle(&self, waker: &Waker) -> Poll<()> {
        let mut inner = self.lock();
        if inner.closed || (inner.busy == 0 && inner.ready.is_empty()) {
            return Poll::Ready(());
        }
        inner.waiting.push(waker.clone());
        Poll::Pending
    }

    /// Takes everything out, for good.
    pub(super) fn close(&self) -> Vec<T> {
        let mut inner = self.lock();
        inner.closed = true;
        inner.ready.drain(..).collect()
    }
}

impl<T> Inner<T> {
    /// Returns the waker of a pump that is to look, unless one is about to.
    #[inline]
    fn next_pump(&mut self) -> Option<Waker> {
        if self.searching {
            return None;
        }
        let (_, waker) = self.idle.pop()?;
        self.searching = true;
        Some(waker)
    }
}

impl<T> PumpState<T> {
    /// Takes out what it took and has not run.
    pub(super) fn take_rest(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.taken)
    }
}
