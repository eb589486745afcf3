//! The list of an agent's woken turns: wakers put turns in, on any thread, and the holder takes
//! all of them out.
//!
//! A turn is in it once, which its own mark says. Each entry owns a count of its turn's block.

use std::ptr::{self, NonNull};

use super::block::Block;
use super::sync::{AtomicBool, AtomicPtr, Ordering, UnsafeCell, Watched};

/// The woken turns of one agent, the newest first.
pub(super) struct WokenList(AtomicPtr<Block>);

/// A turn's place in the list.
pub(crate) struct WokenLink {
    is_marked: AtomicBool,
    /// The turn that was woken before. Belongs to who marked the turn, and then to who took it.
    next: UnsafeCell<*mut Block>,
}

/// Woken turns that were taken out, the oldest first. It owns a count of each.
pub(super) struct Woken(*mut Block);

impl WokenList {
    pub(super) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Returns whether there is none, for a glimpse.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed).is_null()
    }

    /// Puts a turn in that the caller has [marked](WokenLink::mark), and whose count it hands over.
    pub(super) fn push(&self, block: NonNull<Block>) {
        let mut head = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: the caller hands over a count, and its mark makes the link its own.
            unsafe { block.as_ref() }.wakes.next.with_mut(|next| unsafe { *next = head });
            let block = block.as_ptr();
            match self.0.compare_exchange_weak(head, block, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(seen) => head = seen,
            }
        }
    }

    /// Takes all turns out, in the order of their wake-ups.
    pub(super) fn take(&self) -> Woken {
        let mut oldest = ptr::null_mut();
        if self.0.load(Ordering::Acquire).is_null() {
            return Woken(oldest);
        }
        let mut newest = self.0.swap(ptr::null_mut(), Ordering::AcqRel);
        while let Some(block) = NonNull::new(newest) {
            // SAFETY: the list owned a count of each turn; count and link are now this thread's.
            newest = unsafe { block.as_ref() }.wakes.replace_next(oldest);
            oldest = block.as_ptr();
        }
        Woken(oldest)
    }
}

impl Woken {
    /// Takes the next turn, with its count. Once it has [heard](WokenLink::hear) its wake-ups, it
    /// can be put into the list again.
    pub(super) fn pop(&mut self) -> Option<NonNull<Block>> {
        let block = NonNull::new(self.0)?;
        // SAFETY: this owns a count of each of its turns, and the links of those that are marked.
        self.0 = unsafe { block.as_ref() }.wakes.replace_next(ptr::null_mut());
        Some(block)
    }
}

impl WokenLink {
    pub(crate) fn new() -> Self {
        Self { is_marked: AtomicBool::new(false), next: UnsafeCell::new(ptr::null_mut()) }
    }

    /// Marks a turn that is to be put into the list; false if it is in it.
    #[inline]
    pub(crate) fn mark(&self) -> bool {
        !self.is_marked.swap(true, Ordering::AcqRel)
    }

    /// Takes the mark off a turn that is about to be polled, so that the next wake-up is heard.
    #[inline]
    pub(crate) fn hear(&self) {
        self.is_marked.swap(false, Ordering::AcqRel);
    }

    fn replace_next(&self, next: *mut Block) -> *mut Block {
        // SAFETY: the caller took a marked turn out of the list, and with it its link.
        self.next.with_mut(|place| unsafe { ptr::replace(place, next) })
    }
}
