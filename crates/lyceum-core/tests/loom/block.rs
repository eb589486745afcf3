//! A block as far as the mailbox is concerned: links, flags and a number for content.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use lyceum_wire::AccessKind;

use crate::sync::{AtomicU32, Ordering};

/// As in `src/cell/block.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Nowhere,
    Lane,
    Control,
    Door,
    Active,
}

pub(crate) struct Block {
    pub(crate) number: u32,
    refs: AtomicU32,
    pub(crate) vtable: &'static VTable,
    pub(crate) place: Cell<Place>,
    pub(crate) next: Cell<*mut Block>,
    pub(crate) previous: Cell<*mut Block>,
    pub(crate) awaited: Cell<bool>,
    pub(crate) one_way: Cell<bool>,
    pub(crate) publication: Cell<bool>,
    pub(crate) parked: Cell<bool>,
    pub(crate) expired: Cell<bool>,
    pub(crate) bytes: Cell<u32>,
    deadline: Cell<u64>,
}

pub(crate) struct VTable {
    pub(crate) info: Info,
}

pub(crate) struct Info {
    pub(crate) access: AccessKind,
}

static EXCLUSIVE: VTable = VTable { info: Info { access: AccessKind::Exclusive } };

impl Block {
    /// Makes a one-way message with one count.
    pub(crate) fn tell(number: u32) -> NonNull<Self> {
        let block = Self {
            number,
            refs: AtomicU32::new(1),
            vtable: &EXCLUSIVE,
            place: Cell::new(Place::Nowhere),
            next: Cell::new(ptr::null_mut()),
            previous: Cell::new(ptr::null_mut()),
            awaited: Cell::new(false),
            one_way: Cell::new(true),
            publication: Cell::new(false),
            parked: Cell::new(false),
            expired: Cell::new(false),
            bytes: Cell::new(0),
            deadline: Cell::new(u64::MAX),
        };
        NonNull::from(Box::leak(Box::new(block)))
    }

    /// Makes a one-way message whose sender waits for room until a time, with a count for each.
    pub(crate) fn patient_tell(number: u32, deadline: u64) -> NonNull<Self> {
        let block = Self::tell(number);
        // SAFETY: the block is new.
        let tell = unsafe { block.as_ref() };
        tell.awaited.set(true);
        tell.deadline.set(deadline);
        tell.retain();
        block
    }

    pub(crate) fn deadline(&self) -> u64 {
        self.deadline.get()
    }

    pub(crate) fn set_deadline(&self, deadline: u64) {
        self.deadline.set(deadline);
    }

    pub(crate) fn retain(&self) {
        self.refs.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives back a count; the last one frees the block.
    ///
    /// # Safety
    ///
    /// The caller owns a count.
    pub(crate) unsafe fn release(this: NonNull<Self>) {
        // SAFETY: as the caller says.
        if unsafe { this.as_ref() }.refs.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: this was the last count of a block that was leaked.
            drop(unsafe { Box::from_raw(this.as_ptr()) });
        }
    }
}
