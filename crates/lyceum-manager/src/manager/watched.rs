//! A value that others wait for.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A value that others wait for, as they do with a channel that has the last value alone. It lies
/// where it is put, and costs nothing until somebody waits: agents that are launched by the
/// thousand have two of them each.
pub(super) struct Watched<T> {
    value: Mutex<T>,
    changed: Notify,
}

impl<T> Watched<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: Notify::const_new() }
    }

    /// Looks at the value. Whoever changes it waits meanwhile.
    pub(super) fn borrow(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts another value in its place.
    pub(super) fn replace(&self, value: T) {
        // What was there is dropped after the lock.
        let _former = std::mem::replace(&mut *self.borrow(), value);
        self.changed.notify_waiters();
    }

    /// Lets `change` change the value, and say whether it did.
    pub(super) fn modify(&self, change: impl FnOnce(&mut T) -> bool) {
        if change(&mut self.borrow()) {
            self.changed.notify_waiters();
        }
    }

    /// Waits until `find` finds what it looks for in the value.
    ///
    /// # Cancel safety
    ///
    /// It can be waited for again.
    pub(super) async fn wait_for<R>(&self, mut find: impl FnMut(&T) -> Option<R>) -> R {
        loop {
            if let Some(found) = find(&self.borrow()) {
                return found;
            }
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            // Again: what changes from now on is heard.
            if let Some(found) = find(&self.borrow()) {
                return found;
            }
            changed.await;
        }
    }
}
