//! Loom's primitives, under the names that the cell's sources use.

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};

/// Loom's cell, behind the interface of the sources.
pub(crate) struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

// SAFETY: loom finds every access that is not ordered with the others.
unsafe impl<T: Send> Sync for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::cell::UnsafeCell::new(value))
    }
}

/// See `src/cell/sync.rs`.
pub(crate) trait Watched<T> {
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R;
    fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R;
}

impl<T> Watched<T> for UnsafeCell<T> {
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        self.0.with(read)
    }

    fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(change)
    }
}
