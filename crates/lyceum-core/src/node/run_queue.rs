//! The run queue of a node, and the pumps that serve it.
//!
//! One pump for each worker of the runtime, all on one queue. A pump that runs a short turn keeps
//! the agent that the turn schedules in a slot of its own, so that a token goes round a ring
//! without locks; everything else goes through the queue, where every pump finds it. A pump that
//! finds more than it takes wakes the next one, so that one waking is under way at a time. It
//! then goes to the end of its worker's queue itself before it takes anything: tokio puts the one
//! that was woken into a slot of this worker that no other worker can reach, where it would wait
//! behind whatever this pump runs.
//!
//! A caller whose call suspends helps: what the call's own turns schedule meanwhile, if it is known
//! to be short, is run by the caller itself before it waits, so that a call through several agents
//! needs no switch between tasks. See [`Helping`].

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rand::Rng;
use rand::rngs::SmallRng;
use tokio::task::coop;

use super::Shared;
use crate::cell::{self, Guard, Lock, ScheduledAgent};

/// How many runs a pump makes before other tasks of its worker run.
const RUNS: u32 = 64;
/// How many a pump that is alone takes from the queue at once.
const TAKEN: usize = 32;
/// How many runs in a row come from the pump's own slot.
const SLOT_RUNS: u32 = 16;
/// How many runs a caller makes for its own call before it waits.
const HELPED_RUNS: u32 = 8;

/// What a pump finds.
enum Popped {
    Run(Runnable),
    /// Enough for another pump, which was woken: it goes first.
    MoveOver,
    Nothing,
}

/// Something that can run for a while.
pub(crate) enum Runnable {
    Agent(ScheduledAgent),
    Job(async_task::Runnable),
}

pub(crate) struct RunQueue(Lock<Inner>);

struct Inner {
    ready: VecDeque<Runnable>,
    /// The wakers of pumps that found nothing.
    idle: Vec<(usize, Waker)>,
    /// Whether a pump was woken and has not looked yet.
    searching: bool,
    /// How many pumps are not idle.
    busy: usize,
    /// Those who wait until all pumps are idle.
    waiting: Vec<Waker>,
    closed: bool,
}

thread_local! {
    /// The node whose pump or helping caller runs on this thread, and the agent that runs next.
    static SLOT: Slot =
        const { Slot { node: Cell::new(0), helping: Cell::new(false), next: Cell::new(None) } };
}

struct Slot {
    node: Cell<usize>,
    /// Whether a caller helps, which looks at nothing but the slot.
    helping: Cell<bool>,
    next: Cell<Option<ScheduledAgent>>,
}

impl Runnable {
    pub(crate) fn run(self) {
        match self {
            Self::Agent(agent) => agent.run(),
            Self::Job(job) => {
                job.run();
            }
        }
    }
}

impl Runnable {
    /// Ends what was scheduled on a node that is gone: agents are buried, jobs dropped.
    pub(crate) fn run_last(self) {
        match self {
            Self::Agent(agent) => agent.run(),
            Self::Job(job) => drop(job),
        }
    }
}

impl RunQueue {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Inner {
            ready: VecDeque::new(),
            idle: Vec::new(),
            searching: false,
            busy: 0,
            waiting: Vec::new(),
            closed: false,
        }))
    }

    #[inline]
    fn lock(&self) -> Guard<'_, Inner> {
        self.0.lock()
    }

    /// Puts a scheduled agent in. A caller that helps runs it if it is `brief`: what it will do
    /// is known to be short, and somebody waits for it.
    #[inline]
    pub(crate) fn push_agent(&self, agent: ScheduledAgent, brief: bool) {
        if let Some(agent) = keep(agent, self.address(), brief) {
            self.push(Runnable::Agent(agent));
        }
    }

    /// Puts something in, and wakes a pump unless one is about to look.
    pub(crate) fn push(&self, runnable: Runnable) {
        let mut inner = self.lock();
        if inner.closed {
            drop(inner);
            runnable.run_last();
            return;
        }
        inner.ready.push_back(runnable);
        // A pump looks again itself, and calls for another one if it finds more than one thing.
        let own = SLOT.with(|slot| slot.node.get() == self.address() && !slot.helping.get());
        let waker = if own { None } else { inner.next_pump() };
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Tells this queue from others.
    #[inline]
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Returns how many things are ready.
    pub(super) fn ready(&self) -> usize {
        self.lock().ready.len()
    }

    /// Takes any, as the seed says.
    pub(crate) fn pop_any(&self, random: &mut SmallRng) -> Option<Runnable> {
        let mut inner = self.lock();
        let ready = inner.ready.len();
        if ready > 1 {
            let index = random.random_range(0..ready);
            return inner.ready.swap_remove_front(index);
        }
        inner.ready.pop_front()
    }

    /// Takes the next for a pump, or notes that the pump is idle. A pump that is alone takes
    /// some more.
    fn pop_for(&self, pump: &mut PumpState, cx: &Context<'_>) -> Popped {
        if let Some(runnable) = pump.taken.pop_front() {
            return Popped::Run(runnable);
        }
        let mut inner = self.lock();
        if std::mem::take(&mut pump.was_idle) {
            inner.searching = false;
            inner.idle.retain(|(index, _)| *index != pump.index);
            inner.busy += 1;
        }
        if inner.ready.len() > 1
            && let Some(waker) = inner.next_pump()
        {
            drop(inner);
            waker.wake();
            return Popped::MoveOver;
        }
        if let Some(runnable) = inner.ready.pop_front() {
            if pump.alone {
                let some = inner.ready.len().min(TAKEN);
                pump.taken.extend(inner.ready.drain(..some));
            }
            return Popped::Run(runnable);
        }
        pump.was_idle = true;
        inner.busy -= 1;
        inner.idle.push((pump.index, cx.waker().clone()));
        let waiting = if inner.busy == 0 { std::mem::take(&mut inner.waiting) } else { Vec::new() };
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
        Popped::Nothing
    }

    /// Counts a pump in, before it runs for the first time.
    pub(super) fn add_pump(&self) {
        self.lock().busy += 1;
    }

    /// Returns whether nothing runs and nothing is ready; else the waker is woken later.
    pub(crate) fn poll_idle(&self, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.closed || (inner.busy == 0 && inner.ready.is_empty()) {
            return Poll::Ready(());
        }
        inner.waiting.push(cx.waker().clone());
        Poll::Pending
    }

    /// Takes everything out, for good.
    pub(crate) fn close(&self) -> Vec<Runnable> {
        let mut inner = self.lock();
        inner.closed = true;
        inner.ready.drain(..).collect()
    }
}

impl Inner {
    /// Returns the waker of a pump that is to look, unless one is about to.
    #[inline]
    fn next_pump(&mut self) -> Option<Waker> {
        if self.searching {
            return None;
        }
        let (_, waker) = self.idle.pop()?;
        self.searching = true;
        Some(waker)
    }
}

/// Keeps an agent in the slot of this thread, if that is free: a pump what a short turn schedules,
/// a helping caller what is brief.
#[inline]
fn keep(agent: ScheduledAgent, node: usize, brief: bool) -> Option<ScheduledAgent> {
    SLOT.with(|slot| {
        let short = || cell::with_current(|frame| frame.short).unwrap_or(false);
        if slot.node.get() != node || !(if slot.helping.get() { brief } else { short() }) {
            return Some(agent);
        }
        let former = slot.next.take();
        if former.is_some() {
            slot.next.set(former);
            return Some(agent);
        }
        slot.next.set(Some(agent));
        None
    })
}

/// Serves a run queue on one worker.
pub(super) struct Pump {
    node: Arc<Shared>,
    state: PumpState,
}

struct PumpState {
    index: usize,
    was_idle: bool,
    /// Whether it is the only pump, so that nobody else could run what it takes.
    alone: bool,
    taken: VecDeque<Runnable>,
}

impl Pump {
    pub(super) fn new(node: Arc<Shared>, index: usize, alone: bool) -> Self {
        node.run_queue.add_pump();
        let state = PumpState { index, was_idle: false, alone, taken: VecDeque::new() };
        Self { node, state }
    }

    fn next(&mut self, cx: &Context<'_>, slot_runs: &mut u32) -> Popped {
        let own = SLOT.with(|slot| slot.next.take());
        if let Some(agent) = own {
            if *slot_runs > 0 {
                *slot_runs -= 1;
                return Popped::Run(Runnable::Agent(agent));
            }
            self.node.run_queue.push(Runnable::Agent(agent));
        }
        *slot_runs = SLOT_RUNS;
        self.node.run_queue.pop_for(&mut self.state, cx)
    }
}

impl Future for Pump {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let node = this.node.clone();
        let _serving = Serving::enter(&node);
        let mut slot_runs = SLOT_RUNS;
        for _ in 0..RUNS {
            if !coop::has_budget_remaining() {
                break;
            }
            match this.next(cx, &mut slot_runs) {
                Popped::Run(runnable) => runnable.run(),
                Popped::MoveOver => break,
                Popped::Nothing if node.is_closed() => return Poll::Ready(()),
                Popped::Nothing => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The runtime is gone if a pump is dropped while its node is not closed.
impl Drop for Pump {
    fn drop(&mut self) {
        for runnable in self.state.taken.drain(..) {
            self.node.run_queue.push(runnable);
        }
        self.node.close("its runtime has stopped");
    }
}

/// Marks this thread as the node's pump; what is left in its slot goes to the queue.
struct Serving<'n> {
    node: &'n Shared,
    /// What the thread served before, where a runtime runs within another one's task.
    outer: (usize, bool, Option<ScheduledAgent>),
}

impl<'n> Serving<'n> {
    fn enter(node: &'n Shared) -> Self {
        let address = node.run_queue.address();
        let outer = SLOT.with(|slot| {
            (slot.node.replace(address), slot.helping.replace(false), slot.next.take())
        });
        Self { node, outer }
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let (node, helping, next) = (self.outer.0, self.outer.1, self.outer.2.take());
        let left = SLOT.with(|slot| {
            slot.node.set(node);
            slot.helping.set(helping);
            slot.next.replace(next)
        });
        if let Some(agent) = left {
            self.node.run_queue.push(Runnable::Agent(agent));
        }
    }
}

/// Marks this thread as that of a caller outside of any turn, which helps its own call along.
///
/// While it is there, one brief agent that the call's turns schedule stays in the thread's slot.
/// [`run`](Self::run) runs it; what is left in the end goes to the queue.
pub(crate) struct Helping<'n> {
    queue: &'n RunQueue,
}

impl<'n> Helping<'n> {
    /// Enters, unless the thread serves a queue already.
    #[inline]
    pub(crate) fn enter(queue: &'n RunQueue) -> Option<Self> {
        SLOT.with(|slot| {
            if slot.node.get() != 0 {
                return None;
            }
            slot.node.set(queue.address());
            slot.helping.set(true);
            Some(Self { queue })
        })
    }

    /// Runs what the call scheduled, until it is `over` or nothing brief is left of it.
    pub(crate) fn run(&self, over: impl Fn() -> bool) {
        for _ in 0..HELPED_RUNS {
            let Some(agent) = SLOT.with(|slot| slot.next.take()) else { return };
            agent.run_briefly();
            if over() {
                return;
            }
        }
    }
}

impl Drop for Helping<'_> {
    #[inline]
    fn drop(&mut self) {
        let left = SLOT.with(|slot| {
            slot.node.set(0);
            slot.helping.set(false);
            slot.next.take()
        });
        if let Some(agent) = left {
            self.queue.push(Runnable::Agent(agent));
        }
    }
}

impl fmt::Debug for RunQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunQueue").field("ready", &self.lock().ready.len()).finish()
    }
}
