//! A block as far as the mailbox and the list of woken turns are concerned: links, flags, a number
//! for content, and what a suspended turn waits for.

use std::cell::Cell;
use std::ptr::{self, NonNull};

use lyceum_wire::AccessKind;

use crate::sync::{AtomicU32, Ordering, UnsafeCell, Watched};
use crate::woken::WokenLink;

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
    pub(crate) wakes: WokenLink,
    deadline: Cell<u64>,
    /// What a turn is polled for, and after how many of them it is over.
    causes: AtomicU32,
    needed: u32,
    /// What only the holder reaches: loom finds two at a time.
    inner: UnsafeCell<Suspended>,
}

#[derive(Default)]
struct Suspended {
    parked: u32,
    over: bool,
}

/// A turn that is over once it was polled after so many causes. It owns a count.
pub(crate) struct Turn(NonNull<Block>);

// SAFETY: loom finds every access that is not ordered with the others.
unsafe impl Send for Turn {}
// SAFETY: as above.
unsafe impl Sync for Turn {}

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
        NonNull::from(Box::leak(Box::new(Self::new(number))))
    }

    fn new(number: u32) -> Self {
        Self {
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
            wakes: WokenLink::new(),
            deadline: Cell::new(u64::MAX),
            causes: AtomicU32::new(0),
            needed: 0,
            inner: UnsafeCell::new(Suspended::default()),
        }
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

impl Turn {
    pub(crate) fn new() -> Self {
        Self::needing(1)
    }

    pub(crate) fn needing(needed: u32) -> Self {
        let block = Block { needed, ..Block::new(0) };
        Self(NonNull::from(Box::leak(Box::new(block))))
    }

    /// Takes over a count.
    ///
    /// # Safety
    ///
    /// The caller owns a count.
    pub(crate) unsafe fn from_owned(block: NonNull<Block>) -> Self {
        Self(block)
    }

    /// Gives the count away.
    pub(crate) fn into_owned(self) -> NonNull<Block> {
        std::mem::ManuallyDrop::new(self).0
    }

    pub(crate) fn wakes(&self) -> &WokenLink {
        &self.block().wakes
    }

    /// Makes a poll worth while.
    pub(crate) fn add_cause(&self) {
        self.block().causes.fetch_add(1, Ordering::Relaxed);
    }

    /// Polls the turn; true if it is over. The holder's.
    pub(crate) fn poll(&self) -> bool {
        let ready = self.block().causes.load(Ordering::Relaxed) >= self.block().needed;
        self.inner(|inner| inner.over = ready);
        ready
    }

    /// Says as what the turn is suspended; 0 if it is not. The holder's.
    pub(crate) fn park(&self, kind: u32) {
        self.inner(|inner| inner.parked = kind);
    }

    pub(crate) fn parked(&self) -> u32 {
        self.inner(|inner| inner.parked)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.inner(|inner| inner.over)
    }

    fn block(&self) -> &Block {
        // SAFETY: this owns a count.
        unsafe { self.0.as_ref() }
    }

    fn inner<T>(&self, reach: impl FnOnce(&mut Suspended) -> T) -> T {
        // SAFETY: loom checks the access.
        self.block().inner.with_mut(|inner| reach(unsafe { &mut *inner }))
    }
}

impl Clone for Turn {
    fn clone(&self) -> Self {
        self.block().retain();
        Self(self.0)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // SAFETY: this owns a count.
        unsafe { Block::release(self.0) };
    }
}
