//! Blocks: one pooled allocation carries a message through its whole life.
//!
//! A block is, one after the other, the node of a queue that holds the message, the place where
//! the action's future lives and suspends, and the slot where the caller finds the result. It is
//! counted: by its caller, by the agent while the message is queued or running, by wakers, by
//! contexts that were cloned out of the turn, and by the calls that the turn made (their chain).
//!
//! # Who owns the content
//!
//! The agent's side, until it ends the call with [`Phase::end`] and gives the content away; then
//! the caller, unless it had abandoned the call before, in which case the agent's side keeps it.
//! The agent's side is whoever took the block out of the queue under its lock, and after that
//! the holder of the cell.

use std::cell::{Cell, UnsafeCell};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::task::{RawWaker, RawWakerVTable, Waker};

use lyceum_wire::AccessKind;

use super::context::RawContext;
use super::detached;
use super::header::Header;
use super::phase::{Phase, Verdict};
use super::pool;
use super::vtable::BlockVTable;
use super::waits::Listing;
use super::woken::WokenLink;
use crate::OnCancel;
use crate::call::CallOptions;
use crate::exchange::Origin;

/// The bytes before the payload; the payload is aligned to 16.
pub(crate) const PAYLOAD_OFFSET: usize = size_of::<Block>().next_multiple_of(16);

/// The deadline of a turn that runs in its caller, until somebody asks for it.
pub(crate) const UNDECIDED: u64 = 0;

/// What the payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// The message, not started.
    Message,
    /// The action's future.
    Future,
    /// The action's result.
    Result,
    /// The text of a panic, as `Box<str>`.
    Panic,
}

/// Which list of the mailbox a block is in. Read and written under the mailbox's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In none.
    Nowhere,
    /// Waits for its turn.
    Lane,
    /// Waits for its turn, ahead of the others.
    Control,
    /// Waits for room in the mailbox.
    Door,
    /// Runs or is suspended.
    Active,
}

/// The header of a block; the payload follows.
#[repr(C, align(16))]
pub(crate) struct Block {
    refs: AtomicU32,
    pub(crate) phase: Phase,
    /// The agent that the message is for. Counted only if `counted` is set.
    pub(crate) agent: NonNull<Header>,
    pub(crate) vtable: &'static BlockVTable,
    /// What the turn's `&Context` points to.
    pub(crate) context: RawContext,
    pub(crate) class: pool::Class,
    pub(crate) content: Cell<Content>,
    pub(crate) place: Cell<Place>,
    /// Whether the result is an error, for the agent's statistics.
    pub(crate) failed: Cell<bool>,
    /// Whether somebody waits for the outcome, or for room. Set before the block is queued, then
    /// under the mailbox's lock.
    pub(crate) awaited: Cell<bool>,
    /// Whether nobody wants the result.
    pub(crate) one_way: Cell<bool>,
    /// Whether the turn is suspended and is polled when its waker fires.
    pub(crate) parked: Cell<bool>,
    /// Whether the message left the queue to run.
    started: AtomicBool,
    /// Whether the block keeps its agent's memory alive.
    counted: AtomicBool,
    /// Whether its deadline passed. Under the mailbox's lock.
    pub(crate) expired: Cell<bool>,
    /// Whether it was sent outside of any turn and job.
    pub(crate) from_outside: Cell<bool>,
    /// Whether it is a publication: on overflow the oldest publication makes room for it.
    pub(crate) publication: Cell<bool>,
    /// Whether the parent is counted, as it is whenever another thread may follow the chain.
    parent_counted: Cell<bool>,
    /// How it is listed as a call that a turn waits for. This and the next three are read and
    /// written under the lock of the waits; see [`waits`](super::waits).
    pub(super) listing: Cell<Listing>,
    /// The first of the calls that the turn itself waits for.
    pub(super) waits: Cell<*mut Block>,
    /// Neighbours among the calls that the turns of one agent wait for.
    pub(super) next_wait: Cell<*mut Block>,
    pub(super) previous_wait: Cell<*mut Block>,
    /// Its place in the list of woken turns.
    pub(super) wakes: WokenLink,
    /// Neighbours in the mailbox's lists, under its lock.
    pub(crate) next: Cell<*mut Block>,
    pub(crate) previous: Cell<*mut Block>,
    /// The turn that made this call.
    parent: Cell<*mut Block>,
    /// Where the message came from, if it came from another node. Counted.
    origin: Cell<*const Origin>,
    /// When the caller stops waiting, in nanoseconds of the node's clock; `u64::MAX` for never.
    pub(crate) deadline: AtomicU64,
    /// Encoded size of the message, where it came encoded.
    pub(crate) bytes: Cell<u32>,
    /// The caller's waker; owned by the protocol of [`Phase`].
    pub(crate) waiter: UnsafeCell<Option<Waker>>,
}

/// A counted reference to a block.
pub(crate) struct BlockRef(NonNull<Block>);

// SAFETY: the fields that are not atomic follow the ownership rules of the module: `place`,
// `next`, `previous` and `awaited` under the mailbox's lock once the block is in
// it, `content`, `failed`, `parked` and the payload with the content's owner, `waiter` by the
// phase's protocol, `parent` until the count falls to zero. What the payload holds is `Send`.
unsafe impl Send for BlockRef {}
// SAFETY: as above; shared references reach atomics and owner-checked cells alone.
unsafe impl Sync for BlockRef {}

impl Block {
    /// Takes a block for a message of `vtable`'s kind to `agent`, with so many counts.
    #[inline]
    pub(crate) fn take(
        agent: NonNull<Header>,
        vtable: &'static BlockVTable,
        counts: u32,
    ) -> NonNull<Block> {
        let (place, class) = pool::take(vtable.size);
        let block: NonNull<Block> = place.cast();
        let header = Block {
            refs: AtomicU32::new(counts),
            phase: Phase::new(),
            agent,
            vtable,
            context: RawContext::of_turn(agent, block),
            class,
            content: Cell::new(Content::Empty),
            place: Cell::new(Place::Nowhere),
            failed: Cell::new(false),
            awaited: Cell::new(false),
            one_way: Cell::new(false),
            from_outside: Cell::new(false),
            publication: Cell::new(false),
            parent_counted: Cell::new(false),
            parked: Cell::new(false),
            started: AtomicBool::new(false),
            counted: AtomicBool::new(false),
            expired: Cell::new(false),
            listing: Cell::new(Listing::New),
            waits: Cell::new(ptr::null_mut()),
            next_wait: Cell::new(ptr::null_mut()),
            previous_wait: Cell::new(ptr::null_mut()),
            wakes: WokenLink::new(),
            next: Cell::new(ptr::null_mut()),
            previous: Cell::new(ptr::null_mut()),
            parent: Cell::new(ptr::null_mut()),
            origin: Cell::new(ptr::null()),
            deadline: AtomicU64::new(u64::MAX),
            bytes: Cell::new(0),
            waiter: UnsafeCell::new(None),
        };
        // SAFETY: the pool gives out exclusive memory of at least `PAYLOAD_OFFSET` bytes,
        // aligned to 16.
        unsafe { block.write(header) };
        block
    }

    /// Returns where the payload starts, aligned as its types need.
    #[inline]
    pub(crate) fn payload(this: NonNull<Block>) -> NonNull<u8> {
        // SAFETY: the caller has the block.
        let align = unsafe { this.as_ref() }.vtable.align;
        // SAFETY: each block is followed by its payload in the same allocation, which is larger
        // by the alignment if that is more than the pool's.
        unsafe {
            let place = this.cast::<u8>().add(PAYLOAD_OFFSET);
            if align <= pool::ALIGN { place } else { place.add(place.align_offset(align)) }
        }
    }

    /// Adds a count.
    #[inline]
    pub(crate) fn retain(&self) {
        if self.refs.fetch_add(1, Ordering::Relaxed) > u32::MAX / 2 {
            // Only wakers that were leaked by the billion get here; wrapping would free early.
            std::process::abort();
        }
    }

    /// Gives back a count; the last one frees the block, and the chain above as far as it was
    /// held by this block alone.
    ///
    /// # Safety
    ///
    /// The caller owns a count and does not use the block afterwards.
    #[inline]
    pub(crate) unsafe fn release(this: NonNull<Block>) {
        // SAFETY: the caller owns a count, so the block is alive.
        let block = unsafe { this.as_ref() };
        // A count of one cannot rise: only owners of counts make new ones.
        if block.refs.load(Ordering::Acquire) == 1 || block.drop_count() {
            // SAFETY: this was the last count.
            unsafe { Self::free(this) };
        }
    }

    fn drop_count(&self) -> bool {
        if self.refs.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        fence(Ordering::Acquire);
        true
    }

    /// Frees blocks up the chain in a loop, since chains may be long.
    ///
    /// # Safety
    ///
    /// Nobody else has a count of the block.
    #[inline]
    unsafe fn free(this: NonNull<Block>) {
        let mut this = this;
        loop {
            // SAFETY: nobody else has a count.
            let block = unsafe { this.as_mut() };
            debug_assert_eq!(block.content.get(), Content::Empty, "content has an owner");
            let parent =
                if block.parent_counted.get() { block.parent.get() } else { ptr::null_mut() };
            if let Some(waker) = block.waiter.get_mut().take() {
                drop(waker);
            }
            let origin = block.origin.get();
            if !origin.is_null() {
                // SAFETY: the block owned a count of it.
                drop(unsafe { Arc::from_raw(origin) });
            }
            let agent = block.counted.load(Ordering::Relaxed).then_some(block.agent);
            // SAFETY: the block came from the pool in this class, and nobody refers to it.
            unsafe { pool::give_back(this.cast(), block.class) };
            if let Some(agent) = agent {
                // SAFETY: the block owned a count of its agent.
                unsafe { Header::release(agent) };
            }
            let Some(above) = NonNull::new(parent) else { return };
            // SAFETY: the freed block owned a count of its parent.
            if !unsafe { above.as_ref() }.drop_count() {
                return;
            }
            this = above;
        }
    }

    /// Says that the message left the queue to run.
    #[inline]
    pub(crate) fn start(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Returns whether the message left the queue to run, for a glimpse.
    pub(crate) fn has_started(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    /// Returns whether this is the only count.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        self.refs.load(Ordering::Acquire) == 1
    }

    /// Makes the block keep its agent's memory alive, once.
    pub(crate) fn count_agent(&self) {
        if !self.counted.load(Ordering::Acquire) && !self.counted.swap(true, Ordering::AcqRel) {
            // SAFETY: whoever clones a waker or a context does so while the agent is alive.
            unsafe { self.agent.as_ref() }.retain();
        }
    }

    /// Names the turn that made this call, for as long as that turn surely lives.
    #[inline]
    pub(crate) fn lend_parent(&self, parent: Option<NonNull<Block>>) {
        self.parent.set(parent.map_or(ptr::null_mut(), NonNull::as_ptr));
    }

    /// Notes where the message came from. Called once, before another thread sees the block.
    pub(super) fn set_origin(&self, origin: Arc<Origin>) {
        debug_assert!(self.origin.get().is_null(), "a message has one origin");
        self.origin.set(Arc::into_raw(origin));
    }

    /// Returns where the message came from, if it came from another node.
    pub(super) fn origin(&self) -> Option<Arc<Origin>> {
        let origin = self.origin.get();
        // SAFETY: the block owns a count of it, and the caller keeps the block.
        (!origin.is_null()).then(|| unsafe {
            Arc::increment_strong_count(origin);
            Arc::from_raw(origin)
        })
    }

    /// Returns how often the message was delivered, this time included.
    pub(crate) fn delivery_attempt(&self) -> u32 {
        self.origin().map_or(1, |origin| origin.attempt.max(1))
    }

    /// Forgets a parent that was only lent.
    #[inline]
    pub(crate) fn forget_parent(&self) {
        if !self.parent_counted.get() {
            self.parent.set(ptr::null_mut());
        }
    }

    /// Counts the whole chain above, before another thread can follow it.
    ///
    /// Called on the thread that runs the turns of the uncounted part.
    pub(crate) fn count_parents(&self) {
        let mut this = self;
        while let Some(parent) = NonNull::new(this.parent.get())
            && !this.parent_counted.replace(true)
        {
            // SAFETY: a lent parent is a turn that runs on this thread.
            this = unsafe { parent.as_ref() };
            this.retain();
        }
    }

    /// Returns whether the turn that made this call is counted, as it is once the call, or one that
    /// it led to, may be waited for.
    #[inline]
    pub(super) fn counts_parent(&self) -> bool {
        self.parent_counted.get()
    }

    /// Returns whether a turn made this call.
    pub(super) fn is_made_by(&self, turn: &Block) -> bool {
        ptr::eq(self.parent.get(), turn)
    }

    /// Returns the turn that made this call.
    pub(crate) fn parent(&self) -> Option<NonNull<Block>> {
        NonNull::new(self.parent.get())
    }

    /// Returns when the caller stops waiting; `u64::MAX` for never.
    pub(crate) fn deadline(&self) -> u64 {
        self.deadline.load(Ordering::Relaxed)
    }

    /// Returns when the caller stops waiting, deciding it first in a turn that runs in its caller
    /// and was asked for no other time than its default.
    pub(crate) fn decided_deadline(&self) -> u64 {
        if self.deadline() == UNDECIDED {
            // SAFETY: a turn that runs keeps its agent alive.
            let node = &unsafe { self.agent.as_ref() }.node;
            let own = CallOptions::default().deadline(node, self.vtable.info);
            self.set_deadline(self.earliest_above().min(own));
        }
        self.deadline()
    }

    /// Returns the earliest deadline of the turns that led to this call.
    pub(crate) fn earliest_above(&self) -> u64 {
        let mut above = self.parent();
        while let Some(parent) = above {
            // SAFETY: the chain is counted, or runs on this thread.
            let parent = unsafe { parent.as_ref() };
            match parent.decided_deadline() {
                u64::MAX => above = parent.parent(),
                deadline => return deadline,
            }
        }
        u64::MAX
    }

    pub(crate) fn set_deadline(&self, deadline: u64) {
        self.deadline.store(deadline, Ordering::Relaxed);
    }

    /// Decides the outcome; see [`Phase::end`].
    pub(crate) fn end(&self, verdict: Verdict, given: bool) -> bool {
        let first = self.phase.end(verdict, given, &self.waiter);
        if first && self.from_outside.get() {
            // SAFETY: who ends a call keeps its agent alive.
            unsafe { self.agent.as_ref() }.node.note_outside();
        }
        first
    }

    /// Ends a turn that ran, in one step; true if the content is the caller's now.
    pub(crate) fn finish_and_give(&self) -> bool {
        let first = self.phase.finish_and_give(&self.waiter);
        if first && self.from_outside.get() {
            // SAFETY: who ends a call keeps its agent alive.
            unsafe { self.agent.as_ref() }.node.note_outside();
        }
        first
    }

    /// Returns whether the answer would be discarded.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.awaited.get() && self.phase.is_cancelled()
    }

    /// Returns what the payload holds, if it is the caller's.
    pub(crate) fn content_if(&self, given: bool) -> Content {
        if given { self.content.get() } else { Content::Empty }
    }

    /// Makes a waker that owns no count, for polls during which the block is surely alive.
    ///
    /// # Safety
    ///
    /// The waker is forgotten, not dropped, before the block can be freed.
    #[inline]
    pub(crate) unsafe fn borrowed_waker(this: NonNull<Block>) -> Waker {
        // SAFETY: the vtable treats the pointer as a counted block; clones count.
        unsafe { Waker::from_raw(RawWaker::new(this.as_ptr().cast(), &WAKER)) }
    }
}

static WAKER: RawWakerVTable =
    RawWakerVTable::new(waker_clone, waker_wake, waker_wake_by_ref, waker_drop);

/// # Safety
///
/// `data` is a block with a count.
unsafe fn waker_clone(data: *const ()) -> RawWaker {
    // SAFETY: wakers own or borrow a count.
    let block = unsafe { &*data.cast::<Block>() };
    block.count_agent();
    block.retain();
    RawWaker::new(data, &WAKER)
}

/// # Safety
///
/// `data` is a block with a count, which this takes.
unsafe fn waker_wake(data: *const ()) {
    // SAFETY: as the caller says.
    unsafe {
        waker_wake_by_ref(data);
        waker_drop(data);
    }
}

/// # Safety
///
/// `data` is a block with a count.
unsafe fn waker_wake_by_ref(data: *const ()) {
    // SAFETY: wakers own or borrow a count.
    let block = unsafe { &*data.cast::<Block>() };
    if block.phase.is_finished() || !block.wakes.mark() {
        return;
    }
    block.retain();
    // SAFETY: a waker that left the first poll was cloned, which counts the agent; before that
    // the poll itself keeps the agent alive.
    let agent = unsafe { block.agent.as_ref() };
    if let Some(block) = NonNull::new(data.cast_mut().cast::<Block>()) {
        agent.push_woken(block);
    }
}

/// # Safety
///
/// `data` is a block with a count, which this takes.
unsafe fn waker_drop(data: *const ()) {
    if let Some(block) = NonNull::new(data.cast_mut().cast::<Block>()) {
        // SAFETY: owned wakers own a count.
        unsafe { Block::release(block) };
    }
}

impl BlockRef {
    /// Takes over a count.
    ///
    /// # Safety
    ///
    /// The caller owns a count and gives it up.
    pub(crate) unsafe fn from_owned(block: NonNull<Block>) -> Self {
        Self(block)
    }

    /// Adds a count.
    ///
    /// # Safety
    ///
    /// The block is alive.
    pub(crate) unsafe fn from_alive(block: NonNull<Block>) -> Self {
        // SAFETY: the caller says that the block is alive.
        unsafe { block.as_ref() }.retain();
        Self(block)
    }

    /// Lets a suspended turn be dropped that is to be when its caller gives up: by the holder, or
    /// by who runs its job.
    pub(crate) fn wake_to_drop(&self) {
        let info = self.vtable.info;
        if info.on_cancel != OnCancel::Drop {
            return;
        }
        if info.access == AccessKind::Detached {
            detached::drop_abandoned(self);
            return;
        }
        // SAFETY: the reference owns a count.
        unsafe { waker_wake_by_ref(self.0.as_ptr().cast_const().cast()) };
    }

    /// Returns the pointer.
    pub(crate) fn pointer(&self) -> NonNull<Block> {
        self.0
    }
}

impl std::ops::Deref for BlockRef {
    type Target = Block;

    fn deref(&self) -> &Block {
        // SAFETY: the count keeps the block alive.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for BlockRef {
    fn clone(&self) -> Self {
        self.retain();
        Self(self.0)
    }
}

impl Drop for BlockRef {
    fn drop(&mut self) {
        // SAFETY: this owns a count.
        unsafe { Block::release(self.0) };
    }
}
