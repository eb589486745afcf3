//! The pool of blocks: a few spare ones of each size for every thread.
//!
//! A thread takes and gives back without locks. Where one thread takes and another gives back,
//! whole chains of spares move through a shared depot, so that the lock is paid once a chain.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::Mutex;

use super::block::PAYLOAD_OFFSET;

/// The sizes of blocks, header included, in bytes.
const SIZES: [usize; 8] = [192, 256, 384, 512, 1024, 2048, 4096, 8192];
/// How all blocks are aligned.
pub(crate) const ALIGN: usize = 16;
/// How many bytes of spares of one size a thread keeps.
const SPARE_BYTES: usize = 128 * 1024;
/// How many chains of one size the depot keeps.
const DEPOT_CHAINS: usize = 16;
/// Whether spares are kept at all: the address sanitizer cannot see that one is still used.
const KEEPS: bool = !cfg!(lyceum_no_pool);
/// The class of blocks that are larger than any size: never kept.
const LARGE: u8 = SIZES.len() as u8;

/// The size class of a block; large ones remember their size in units of 16 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Class {
    index: u8,
    units: u32,
}

/// A spare block: the first bytes of its memory, reused.
struct Spare {
    next: *mut Spare,
}

/// A thread's spares of one size.
struct Shelf {
    top: Cell<*mut Spare>,
    count: Cell<usize>,
}

/// The spares of one thread; the memory is freed when the thread ends.
struct Shelves([Shelf; SIZES.len()]);

/// A chain of spares on its way from one thread to another.
struct Chain(*mut Spare, usize);

// SAFETY: a chain owns its spares, which are plain memory.
unsafe impl Send for Chain {}

static DEPOT: [Mutex<Vec<Chain>>; SIZES.len()] = [const { Mutex::new(Vec::new()) }; SIZES.len()];

thread_local! {
    static SHELVES: Shelves = const {
        Shelves([const { Shelf::new() }; SIZES.len()])
    };
}

/// Returns the class of a payload of `size` bytes; a constant where the size is one.
#[inline]
const fn class_of(size: usize) -> Class {
    let total = PAYLOAD_OFFSET + size;
    let mut index = 0;
    while index < SIZES.len() {
        if total <= SIZES[index] {
            return Class { index: index as u8, units: 0 };
        }
        index += 1;
    }
    Class { index: LARGE, units: total.div_ceil(16) as u32 }
}

/// Takes memory for a block with a payload of `size` bytes.
#[inline]
pub(crate) fn take(size: usize) -> (NonNull<u8>, Class) {
    let class = class_of(size);
    let spare = SHELVES.try_with(|shelves| shelves.0.get(class.index as usize)?.take());
    let memory = spare.ok().flatten();
    (memory.unwrap_or_else(|| take_slow(class)), class)
}

/// Gives memory back.
///
/// # Safety
///
/// The memory came from [`take`] with this class, and nobody refers to it.
#[inline]
pub(crate) unsafe fn give_back(memory: NonNull<u8>, class: Class) {
    let kept = SHELVES.try_with(|shelves| match shelves.0.get(class.index as usize) {
        Some(shelf) if KEEPS => shelf.keep(memory, class),
        Some(_) | None => false,
    });
    if !kept.unwrap_or(false) {
        // SAFETY: as the caller says.
        unsafe { dealloc(memory.as_ptr(), layout(class)) };
    }
}

impl Shelf {
    const fn new() -> Self {
        Self { top: Cell::new(ptr::null_mut()), count: Cell::new(0) }
    }

    #[inline]
    fn take(&self) -> Option<NonNull<u8>> {
        let top = NonNull::new(self.top.get())?;
        // SAFETY: spares on a shelf are owned by its thread and hold a valid link.
        self.top.set(unsafe { top.as_ref() }.next);
        self.count.set(self.count.get() - 1);
        Some(top.cast())
    }

    #[inline]
    fn keep(&self, memory: NonNull<u8>, class: Class) -> bool {
        if self.count.get() >= SPARE_BYTES / SIZES[class.index as usize] && !self.send_off(class) {
            return false;
        }
        let spare = memory.cast::<Spare>();
        // SAFETY: the memory is exclusive, large enough and aligned.
        unsafe { spare.write(Spare { next: self.top.get() }) };
        self.top.set(spare.as_ptr());
        self.count.set(self.count.get() + 1);
        true
    }

    /// Moves the whole shelf to the depot, if that has room.
    #[cold]
    fn send_off(&self, class: Class) -> bool {
        let Ok(mut depot) = DEPOT[class.index as usize].lock() else { return false };
        if depot.len() >= DEPOT_CHAINS {
            return false;
        }
        depot.push(Chain(self.top.replace(ptr::null_mut()), self.count.replace(0)));
        true
    }
}

#[cold]
fn take_slow(class: Class) -> NonNull<u8> {
    let chain = DEPOT.get(class.index as usize).and_then(|depot| depot.lock().ok()?.pop());
    if let Some(Chain(top, count)) = chain {
        let taken = SHELVES.try_with(|shelves| {
            let shelf = &shelves.0[class.index as usize];
            shelf.top.set(top);
            shelf.count.set(count);
            shelf.take()
        });
        match taken {
            Ok(Some(memory)) => return memory,
            Ok(None) => {}
            // The thread is ending: the chain is freed with nobody to keep it.
            Err(_) => free_chain(top, class.index as usize),
        }
    }
    let layout = layout(class);
    // SAFETY: no class is of size zero.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}

fn layout(class: Class) -> Layout {
    let size = SIZES.get(class.index as usize).copied().unwrap_or(class.units as usize * 16);
    Layout::from_size_align(size, ALIGN).expect("blocks are far smaller than the address space")
}

fn free_chain(top: *mut Spare, index: usize) {
    let layout = layout(Class { index: index as u8, units: 0 });
    let mut next = top;
    while let Some(spare) = NonNull::new(next) {
        // SAFETY: the chain owns its spares.
        next = unsafe { spare.as_ref() }.next;
        // SAFETY: the spare was allocated with this class's layout and is linked nowhere now.
        unsafe { dealloc(spare.as_ptr().cast(), layout) };
    }
}

impl Drop for Shelves {
    fn drop(&mut self) {
        for (index, shelf) in self.0.iter().enumerate() {
            free_chain(shelf.top.get(), index);
        }
    }
}
