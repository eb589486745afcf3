//! The primitives that the loom models replace with their own.

pub(crate) use std::cell::UnsafeCell;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};

/// Reaches a cell's content in the way that lets loom watch each access.
pub(crate) trait Watched<T> {
    /// Runs `read` on the content.
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R;

    /// Runs `change` on the content.
    fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R;
}

impl<T> Watched<T> for UnsafeCell<T> {
    #[inline(always)]
    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.get().cast_const())
    }

    #[inline(always)]
    fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.get())
    }
}
