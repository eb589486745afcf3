//! How an action gets at the state, by the kind of its access.

use crate::{Access, Detached, Exclusive, Shared};

/// Turns the place of the state into what the action may have of it.
///
/// A separate trait keeps [`Access`] sealed and free of `unsafe`.
pub trait Borrowing {
    /// # Safety
    ///
    /// The place holds a state that nobody else borrows in a way that this access excludes, for
    /// as long as the borrow lives.
    unsafe fn borrow<'a, A: 'a>(state: *mut A) -> <Self as Access>::Borrow<'a, A>
    where
        Self: Access;
}

impl Borrowing for Exclusive {
    unsafe fn borrow<'a, A: 'a>(state: *mut A) -> &'a mut A {
        // SAFETY: as the caller says.
        unsafe { &mut *state }
    }
}

impl Borrowing for Shared {
    unsafe fn borrow<'a, A: 'a>(state: *mut A) -> &'a A {
        // SAFETY: as the caller says.
        unsafe { &*state }
    }
}

impl Borrowing for Detached {
    unsafe fn borrow<'a, A: 'a>(_: *mut A) {}
}
