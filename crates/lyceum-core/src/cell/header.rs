//! The part of a cell that does not depend on the agent's type, and references to it.

use std::any::{Any, TypeId};
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};

use lyceum_wire::AgentId;

use super::block::{Block, BlockRef};
use super::lock::{BoxGuard, BoxLock};
use super::mailbox::Mailbox;
use super::phase::Verdict;
use super::recipient::{Base, Class};
use super::standing::{Stage, Standing};
use super::sync::Ordering;
use super::vtable::{AgentVTable, Life};
use super::woken::WokenList;
use super::word::Word;
use crate::life::{Extras, Mode};
use crate::node::Shared;
use crate::{Agent, Route};

/// What every agent has, whatever its type; the state follows in [`AgentCell`].
#[repr(C)]
pub(crate) struct Header {
    base: Base,
    pub(crate) id: AgentId,
    generation: AtomicU32,
    pub(crate) standing: Standing,
    /// What the holder is asked to do; see [`Asked`].
    asked: AtomicU8,
    /// Whether the state is there. The holder's.
    pub(super) present: AtomicBool,
    /// Whether the agent has as many jobs as one may have. Under the lock of the extras.
    jobs_full: AtomicBool,
    /// How many shared turns are suspended. The holder's.
    pub(super) sharing: Cell<u32>,
    failed: AtomicU32,
    /// The suspended exclusive turn. The holder's.
    pub(super) suspended: Cell<*mut Block>,
    pub(super) woken: WokenList,
    /// Written by holders alone.
    handled: AtomicU64,
    pub(crate) mailbox: Mailbox,
    /// The calls that this agent's turns wait for. Under the lock of the waits.
    pub(super) waits: Cell<*mut Block>,
    extras: BoxLock<Extras>,
}

/// An agent's cell: one allocation.
#[repr(C)]
pub(super) struct AgentCell<A> {
    header: Header,
    state: UnsafeCell<MaybeUninit<A>>,
}

/// What a holder can be asked to do, as bits.
pub(crate) struct Asked;

impl Asked {
    /// End the agent at once.
    pub(crate) const END: u8 = 1;
    /// Drop the suspended turns, then go on.
    pub(crate) const DROP_TURNS: u8 = 1 << 1;
    /// Drop the state, for a restart.
    pub(crate) const DROP_STATE: u8 = 1 << 2;
    /// Put the new state in, for a restart.
    pub(crate) const PUT_STATE: u8 = 1 << 3;
}

/// A counted reference to an agent of this process, whatever its type.
///
/// It stays valid while the agent restarts and after it ended; calls then say so.
#[repr(transparent)]
pub(crate) struct AgentRef(NonNull<Header>);

// SAFETY: the header is made of atomics, locks and cells that only the holder of the word or of
// a lock touches; the state is `Send`.
unsafe impl Send for AgentRef {}
// SAFETY: as above.
unsafe impl Sync for AgentRef {}

impl Header {
    /// Returns what is known of the agent's type.
    #[inline]
    pub(crate) fn vtable(&self) -> &'static AgentVTable {
        // SAFETY: this is the base of a cell.
        unsafe { self.base.vtable() }
    }

    /// Gives back a count; the last one frees the cell.
    ///
    /// # Safety
    ///
    /// The caller owns a count and does not use the header afterwards.
    #[inline]
    pub(crate) unsafe fn release(this: NonNull<Header>) {
        // SAFETY: as the caller says; the base is the first field of a C layout.
        unsafe { Base::release(this.cast()) };
    }

    /// Puts a woken turn that is marked into the list, with a count of the caller's, and notifies.
    pub(super) fn push_woken(&self, block: NonNull<Block>) {
        // SAFETY: the caller hands over a count.
        let brief = (unsafe { block.as_ref() }.vtable.profile)().is_short();
        self.woken.push(block);
        self.notify_of(brief);
        if self.word.is_ended() {
            // Nobody will look: whoever buried the agent may have drained the list before.
            super::turn::drop_woken(self);
        }
    }

    /// Takes a message out that did not start; true if the caller got the mailbox's count.
    pub(super) fn remove_message(&self, block: NonNull<Block>) -> bool {
        let removed = self.mailbox.remove(block);
        if removed {
            self.notify_room();
        }
        removed
    }

    /// Lets a holder look after messages left a mailbox: senders may wait at the door, and what
    /// stood behind them may start.
    pub(super) fn notify_room(&self) {
        if self.word.is_waiting() || self.mailbox.has_door() {
            self.notify();
        }
    }

    /// Returns whether a holder has more to do than to handle messages.
    #[inline]
    pub(super) fn has_requests(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != 0 || !self.woken.is_empty()
    }

    /// Links a started turn with the agent's count, and sees to its deadline.
    pub(super) fn activate(&self, block: NonNull<Block>) {
        if let Some(due) = self.mailbox.activate(block) {
            self.watch(due);
        }
    }

    /// Lets a timer look for calls past their deadline.
    pub(super) fn watch(&self, due: u64) {
        self.node.clock.watch(due, self.id);
    }

    /// Lets a holder look at what was left behind.
    #[inline]
    pub(crate) fn notify(&self) {
        self.notify_of(false);
    }

    /// Lets a holder look at what was left behind, which is `brief` if it will not take long.
    #[inline]
    fn notify_of(&self, brief: bool) {
        if self.word.notify() {
            self.schedule(brief);
        }
    }

    /// Lets a holder look at a message, unless messages wait anyhow.
    #[inline]
    pub(crate) fn notify_message(&self, brief: bool) {
        if self.word.notify_message() {
            self.schedule(brief);
        }
    }

    /// Puts the cell into the node's run queue; the word says that it is scheduled.
    #[inline]
    pub(super) fn schedule(&self, brief: bool) {
        self.node.run_queue.push_agent(ScheduledAgent(NonNull::from(self)), brief);
    }

    /// Asks the holder for something.
    pub(crate) fn ask(&self, what: u8) {
        self.asked.fetch_or(what, Ordering::AcqRel);
        self.notify();
    }

    pub(super) fn take_asked(&self) -> u8 {
        if self.asked.load(Ordering::Acquire) == 0 {
            return 0;
        }
        self.asked.swap(0, Ordering::AcqRel)
    }

    #[inline]
    pub(crate) fn mode(&self) -> Mode {
        match self.standing.read() {
            (Stage::Starting, _) => Mode::Starting,
            (Stage::Running, false) => Mode::Active,
            (Stage::Running, true) => Mode::Inactive,
            (Stage::Stopping, _) => Mode::Stopping,
            (Stage::Ended, _) => Mode::Ended,
        }
    }

    /// Changes how the agent stands, and lets a holder look at it; false if nothing changed.
    pub(crate) fn change(&self, change: impl FnOnce(&Standing) -> bool) -> bool {
        let changed = change(&self.standing);
        if changed {
            self.notify();
        }
        changed
    }

    /// Returns whether the state is there. Anybody's, for a glimpse.
    pub(crate) fn has_state(&self) -> bool {
        self.present.load(Ordering::Acquire)
    }

    /// Says whether the agent has as many jobs as one may have; once it has not, `notify`.
    pub(crate) fn set_jobs_full(&self, full: bool) {
        self.jobs_full.store(full, Ordering::Relaxed);
    }

    pub(super) fn jobs_are_full(&self) -> bool {
        self.jobs_full.load(Ordering::Relaxed)
    }

    /// Ends the wait of callers whose deadline passed.
    pub(crate) fn expire(&self, due: u64, now: u64) {
        let expired = self.mailbox.expire(due, now);
        let moved = !expired.waiting.is_empty();
        super::turn::end_waiting(self, expired.waiting, Verdict::Timeout);
        for block in expired.active {
            // SAFETY: the mailbox added a count for this.
            let block = unsafe { BlockRef::from_owned(block) };
            if block.awaited.get() && block.end(Verdict::Timeout, false) {
                block.wake_to_drop();
            }
        }
        if moved {
            self.notify_room();
        }
        if let Some(due) = expired.watch {
            self.watch(due);
        }
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn next_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a turn that is over. The holder's.
    #[inline]
    pub(super) fn count_turn(&self, failed: bool) {
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if failed {
            let count = self.failed.load(Ordering::Relaxed).saturating_add(1);
            self.failed.store(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed).into()
    }

    /// Locks what only some agents have.
    pub(crate) fn extras(&self) -> BoxGuard<'_, Extras> {
        self.extras.lock()
    }

    /// Returns whether the agent has nothing that only some have, for a glimpse.
    pub(crate) fn is_plain(&self) -> bool {
        self.extras.is_none()
    }

    /// Runs `change` on what only some agents have, making it first.
    pub(crate) fn with_extras<T>(&self, change: impl FnOnce(&mut Extras) -> T) -> T {
        change(self.extras().get_or_insert_with(Box::default))
    }
}

/// An agent in a run queue; the word's mark keeps it alive and in one queue alone.
pub(crate) struct ScheduledAgent(NonNull<Header>);

// SAFETY: as for `AgentRef`.
unsafe impl Send for ScheduledAgent {}

impl ScheduledAgent {
    /// Lets the agent run for a while on this thread.
    #[inline]
    pub(crate) fn run(self) {
        // SAFETY: a scheduled agent has not ended, so that the registry counts it.
        unsafe { super::turn::visit(self.0, super::turn::BATCH) };
    }

    /// Lets the agent do little more than what it was scheduled for.
    pub(crate) fn run_briefly(self) {
        // SAFETY: as above.
        unsafe { super::turn::visit(self.0, super::turn::BRIEF_BATCH) };
    }
}

impl AgentRef {
    /// Makes the cell of an agent without state, which takes messages but starts none.
    pub(crate) fn create<A: Agent>(node: Arc<Shared>, id: AgentId, stage: Stage) -> Self {
        let word = if stage == Stage::Running { Word::idle() } else { Word::closed() };
        let cell = Box::new(AgentCell::<A> {
            header: Header {
                base: Base::of_cell(const { &agent_vtable::<A>() }, word, node),
                id,
                generation: AtomicU32::new(0),
                standing: Standing::new(stage),
                asked: AtomicU8::new(0),
                present: AtomicBool::new(false),
                jobs_full: AtomicBool::new(false),
                sharing: Cell::new(0),
                failed: AtomicU32::new(0),
                suspended: Cell::new(ptr::null_mut()),
                woken: WokenList::new(),
                handled: AtomicU64::new(0),
                mailbox: Mailbox::new(),
                waits: Cell::new(ptr::null_mut()),
                extras: BoxLock::new(),
            },
            state: UnsafeCell::new(MaybeUninit::uninit()),
        });
        // The header is the first field of a C layout.
        Self(NonNull::from(Box::leak(cell)).cast())
    }

    /// Makes an agent with its state.
    pub(crate) fn with_state<A: Agent>(
        node: Arc<Shared>,
        id: AgentId,
        stage: Stage,
        state: A,
    ) -> Self {
        let agent = Self::create::<A>(node, id, stage);
        // SAFETY: the cell is new and of this type.
        unsafe { agent.put_state(state) };
        agent
    }

    /// Ends the agent on this thread if nothing runs, waits or is scheduled.
    pub(crate) fn end_if_idle(&self) -> bool {
        let held = match self.mode() {
            Mode::Inactive => self.word.try_hold_open_or_closed().is_some(),
            _ => self.word.try_hold(false),
        };
        if !held {
            return false;
        }
        // SAFETY: this thread holds the cell, and `self` keeps the header's memory alive.
        unsafe { super::turn::bury(self.0) };
        true
    }

    /// Puts the state into a cell that has none.
    ///
    /// # Safety
    ///
    /// `A` is the agent's type, and nobody else reaches the cell's state: it is new, or the
    /// caller restarts it and no turn can start.
    unsafe fn put_state<A: Agent>(&self, state: A) {
        // SAFETY: the cell is of this type, and the caller has the state for itself.
        unsafe { state_of::<A>(self.0).write(state) };
        self.present.store(true, Ordering::Release);
    }

    /// Adds a count.
    ///
    /// # Safety
    ///
    /// The header is alive.
    pub(crate) unsafe fn from_alive(header: NonNull<Header>) -> Self {
        // SAFETY: as the caller says.
        unsafe { header.as_ref() }.retain();
        Self(header)
    }

    #[inline]
    pub(crate) fn pointer(&self) -> NonNull<Header> {
        self.0
    }

    /// Returns how to call an action by its name.
    pub(crate) fn route(&self, name: &str) -> Option<&'static Route> {
        (self.vtable().route)(name)
    }
}

impl std::ops::Deref for Header {
    type Target = Base;

    #[inline]
    fn deref(&self) -> &Base {
        &self.base
    }
}

impl std::ops::Deref for AgentRef {
    type Target = Header;

    #[inline]
    fn deref(&self) -> &Header {
        // SAFETY: the count keeps the header alive.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for AgentRef {
    #[inline]
    fn clone(&self) -> Self {
        self.retain();
        Self(self.0)
    }
}

impl Drop for AgentRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this owns a count.
        unsafe { Header::release(self.0) };
    }
}

impl PartialEq for AgentRef {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for AgentRef {}

impl Hash for AgentRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for AgentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}('{}')", self.vtable().name, self.address())
    }
}

/// Returns where the state of an agent of type `A` lies.
///
/// # Safety
///
/// The header is alive and the cell's type is `A`.
#[inline]
pub(super) unsafe fn state_of<A>(header: NonNull<Header>) -> *mut A {
    // SAFETY: as the caller says; the cell's layout is C, so that the header comes first.
    unsafe { (*header.cast::<AgentCell<A>>().as_ptr()).state.get().cast() }
}

const fn agent_vtable<A: Agent>() -> AgentVTable {
    // Of hand-written and of generic types, nobody has checked it.
    A::BLUEPRINT.check_names();
    AgentVTable {
        class: Class::of_cells(TypeId::of::<A>(), free::<A>),
        name: A::NAME,
        client_id: TypeId::of::<A::Actions>(),
        drop_state: drop_state::<A>,
        interface: interface::<A>,
        describe: || A::BLUEPRINT.describe(),
        route: |name| A::BLUEPRINT.all_routes().find(|route| route.name == name),
        interfaces: || A::BLUEPRINT.interfaces.iter().map(|entry| entry.name.into()).collect(),
        flag: |name| A::BLUEPRINT.all_behaviours().find_map(|entry| entry.kind.flag(name)),
        life: Life::of::<A>(),
        start: crate::life::run_start_hook::<A>,
        stop: crate::life::run_stop_hook::<A>,
        ping: crate::life::run_ping::<A>,
        begin: crate::life::begin::<A>,
        put_state: put_new_state::<A>,
    }
}

/// Puts the state that a restart made into the cell.
///
/// # Safety
///
/// The caller holds the cell, whose type is `A` and which has no state.
unsafe fn put_new_state<A: Agent>(agent: &AgentRef, state: Box<dyn Any + Send>) {
    match state.downcast::<A>() {
        // SAFETY: as the caller says.
        Ok(state) => unsafe { agent.put_state(*state) },
        Err(_) => unreachable!("the constructor of an agent makes its type"),
    }
}

fn interface<A: Agent>(id: TypeId) -> Option<&'static (dyn Any + Send + Sync)> {
    A::BLUEPRINT.interfaces.iter().find(|entry| entry.id == id).map(|entry| entry.table)
}

/// # Safety
///
/// The caller holds the cell, whose type is `A` and whose state is there.
unsafe fn drop_state<A>(header: NonNull<Header>) {
    // SAFETY: as the caller says.
    unsafe { state_of::<A>(header).drop_in_place() };
}

/// # Safety
///
/// Nobody has a count of the cell, whose type is `A` and whose state is gone.
unsafe fn free<A>(base: NonNull<Base>) {
    // SAFETY: the cell was leaked from a box of this type.
    let cell = unsafe { Box::from_raw(base.cast::<AgentCell<A>>().as_ptr()) };
    debug_assert!(!cell.header.present.load(Ordering::Relaxed), "the state dies with the agent");
}
