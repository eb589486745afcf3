//! Lists of blocks, linked through the blocks themselves.
//!
//! All of this happens under the mailbox's lock, or on chains that one thread owns.

use std::ptr::{self, NonNull};

use super::block::{Block, Place};

/// A doubly linked list of blocks. It owns a count of each.
pub(super) struct List {
    head: *mut Block,
    tail: *mut Block,
}

/// Blocks that a holder took out of a mailbox at once, oldest first. It owns a count of each.
pub(super) struct Chain(*mut Block);

// SAFETY: lists own counts of their blocks, and blocks are `Send` for whoever holds the lock.
unsafe impl Send for List {}
// SAFETY: as above.
unsafe impl Send for Chain {}

impl List {
    pub(super) const fn new() -> Self {
        Self { head: ptr::null_mut(), tail: ptr::null_mut() }
    }

    /// Returns the first block.
    #[inline]
    pub(super) fn first(&self) -> Option<NonNull<Block>> {
        NonNull::new(self.head)
    }

    /// Appends a block.
    #[inline]
    pub(super) fn push_back(&mut self, block: NonNull<Block>, place: Place) {
        // SAFETY: the caller hands over a count, and links belong to the lock's owner.
        let new = unsafe { block.as_ref() };
        debug_assert_eq!(new.place.get(), Place::Nowhere);
        new.place.set(place);
        new.next.set(ptr::null_mut());
        new.previous.set(self.tail);
        match NonNull::new(self.tail) {
            // SAFETY: the list owns a count of its tail.
            Some(tail) => unsafe { tail.as_ref() }.next.set(block.as_ptr()),
            None => self.head = block.as_ptr(),
        }
        self.tail = block.as_ptr();
    }

    /// Puts a block before all others.
    pub(super) fn push_front(&mut self, block: NonNull<Block>, place: Place) {
        // SAFETY: the caller hands over a count, and links belong to the lock's owner.
        let new = unsafe { block.as_ref() };
        debug_assert_eq!(new.place.get(), Place::Nowhere);
        new.place.set(place);
        new.previous.set(ptr::null_mut());
        new.next.set(self.head);
        match NonNull::new(self.head) {
            // SAFETY: the list owns a count of its head.
            Some(head) => unsafe { head.as_ref() }.previous.set(block.as_ptr()),
            None => self.tail = block.as_ptr(),
        }
        self.head = block.as_ptr();
    }

    /// Takes a block out; the caller gets the list's count.
    #[inline]
    pub(super) fn remove(&mut self, block: NonNull<Block>) {
        // SAFETY: the block is in this list, which owns a count of it and its neighbours.
        let gone = unsafe { block.as_ref() };
        let (before, after) = (gone.previous.get(), gone.next.get());
        match NonNull::new(before) {
            // SAFETY: as above.
            Some(before) => unsafe { before.as_ref() }.next.set(after),
            None => self.head = after,
        }
        match NonNull::new(after) {
            // SAFETY: as above.
            Some(after) => unsafe { after.as_ref() }.previous.set(before),
            None => self.tail = before,
        }
        gone.place.set(Place::Nowhere);
    }

    /// Takes the first block out.
    pub(super) fn pop_front(&mut self) -> Option<NonNull<Block>> {
        let first = self.first()?;
        self.remove(first);
        Some(first)
    }

    /// Takes the first blocks out, at most `limit`, as long as `wanted` says so.
    #[inline]
    pub(super) fn split_front(
        &mut self,
        limit: u32,
        mut wanted: impl FnMut(&Block) -> bool,
    ) -> (Chain, u32) {
        let first = self.head;
        let mut last: *mut Block = ptr::null_mut();
        let mut next = self.head;
        let mut count = 0;
        while let Some(block) = NonNull::new(next) {
            // SAFETY: the list owns a count of each of its blocks.
            let block = unsafe { block.as_ref() };
            if count == limit || !wanted(block) {
                break;
            }
            block.place.set(Place::Nowhere);
            last = next;
            next = block.next.get();
            count += 1;
        }
        let Some(last) = NonNull::new(last) else { return (Chain(ptr::null_mut()), 0) };
        // SAFETY: as above.
        unsafe { last.as_ref() }.next.set(ptr::null_mut());
        self.head = next;
        match NonNull::new(next) {
            // SAFETY: as above.
            Some(rest) => unsafe { rest.as_ref() }.previous.set(ptr::null_mut()),
            None => self.tail = ptr::null_mut(),
        }
        (Chain(first), count)
    }

    /// Visits all blocks, first to last.
    pub(super) fn iter(&self) -> impl Iterator<Item = NonNull<Block>> {
        let mut next = self.head;
        std::iter::from_fn(move || {
            let block = NonNull::new(next)?;
            // SAFETY: the list owns a count of each of its blocks, and is borrowed.
            next = unsafe { block.as_ref() }.next.get();
            Some(block)
        })
    }
}

impl Chain {
    /// Puts a block back before all others.
    pub(super) fn push(&mut self, block: NonNull<Block>) {
        // SAFETY: the caller hands over a count.
        unsafe { block.as_ref() }.next.set(self.0);
        self.0 = block.as_ptr();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Returns whether there is more than one block.
    pub(super) fn has_several(&self) -> bool {
        // SAFETY: the chain owns a count of each of its blocks.
        NonNull::new(self.0).is_some_and(|first| !unsafe { first.as_ref() }.next.get().is_null())
    }

    /// Takes the oldest block out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<NonNull<Block>> {
        let first = NonNull::new(self.0)?;
        // SAFETY: the chain owns a count of each of its blocks.
        self.0 = unsafe { first.as_ref() }.next.get();
        Some(first)
    }
}
