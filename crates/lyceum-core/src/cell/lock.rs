//! Locks for sections of some tens of nanoseconds, cheaper than the system's.
//!
//! Letting go is one store, where a lock that can put threads to sleep needs an atomic exchange.
//! A thread that finds one taken spins for a moment and then yields its time slice, so that a
//! holder that was preempted gets to go on. No user code runs under these locks.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread::yield_now;

/// How often a thread looks at a taken lock before it yields.
const SPINS: u32 = 64;
/// Set in the pointer of a [`BoxLock`] that is taken.
const TAKEN: usize = 1;

/// A value that one thread at a time can reach.
pub(crate) struct Lock<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the value.
unsafe impl<T: Send> Sync for Lock<T> {}

pub(crate) struct Guard<'l, T>(&'l Lock<T>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        let free = self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            wait(|| {
                !self.taken.load(Ordering::Relaxed) && !self.taken.swap(true, Ordering::Acquire)
            });
        }
        Guard(self)
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread has the lock.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's thread has the lock.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

/// A boxed value that is made when first needed, in one word.
pub(crate) struct BoxLock<T>(AtomicPtr<T>);

// SAFETY: the lock lets one thread at a time reach the value, and owns it.
unsafe impl<T: Send> Send for BoxLock<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for BoxLock<T> {}

/// The option behind a [`BoxLock`], taken out and put back when this is dropped.
pub(crate) struct BoxGuard<'l, T> {
    lock: &'l BoxLock<T>,
    value: Option<Box<T>>,
}

impl<T> BoxLock<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Returns whether there is no value, for a glimpse.
    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.0.load(Ordering::Acquire).is_null()
    }

    #[inline]
    pub(crate) fn lock(&self) -> BoxGuard<'_, T> {
        let take = || {
            let now = self.0.load(Ordering::Relaxed);
            let taken = now.map_addr(|address| address | TAKEN);
            let free = now.addr() & TAKEN == 0;
            let exchange =
                || self.0.compare_exchange(now, taken, Ordering::Acquire, Ordering::Relaxed).ok();
            free.then(exchange).flatten()
        };
        let mut seen = take();
        if seen.is_none() {
            wait(|| {
                seen = take();
                seen.is_some()
            });
        }
        let seen = seen.unwrap_or(ptr::null_mut());
        // SAFETY: the pointer came from a box, which this thread has for itself now.
        let value = (!seen.is_null()).then(|| unsafe { Box::from_raw(seen) });
        BoxGuard { lock: self, value }
    }
}

impl<T> Deref for BoxGuard<'_, T> {
    type Target = Option<Box<T>>;

    fn deref(&self) -> &Option<Box<T>> {
        &self.value
    }
}

impl<T> DerefMut for BoxGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut Option<Box<T>> {
        &mut self.value
    }
}

impl<T> Drop for BoxGuard<'_, T> {
    fn drop(&mut self) {
        let pointer = self.value.take().map_or(ptr::null_mut(), Box::into_raw);
        self.lock.0.store(pointer, Ordering::Release);
    }
}

impl<T> Drop for BoxLock<T> {
    fn drop(&mut self) {
        drop(self.lock().value.take());
    }
}

/// Waits until `take` succeeds.
#[cold]
fn wait(mut take: impl FnMut() -> bool) {
    let mut looks = 0;
    while !take() {
        looks += 1;
        if looks < SPINS { spin_loop() } else { yield_now() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_addition_is_lost_under_contention() {
        let (lock, boxed) = (Lock::new(0u64), BoxLock::<u64>::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        *lock.lock() += 1;
                        **boxed.lock().get_or_insert_with(|| Box::new(0)) += 1;
                    }
                });
            }
        });
        assert_eq!((*lock.lock(), boxed.lock().as_deref().copied()), (40_000, Some(40_000)));
    }
}
