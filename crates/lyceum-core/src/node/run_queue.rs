//! The run queue of a node, and the pumps that serve it.
//!
//! One pump for each worker of the runtime, all on one queue. A pump that runs a short turn keeps
//! the agent that the turn schedules in a slot of its own, so that a token goes round a ring
//! without locks; everything else goes through the queue, where every pump finds it. A pump that
//! wakes another one goes to the end of its worker's queue itself before it takes anything: tokio
//! puts the one that was woken into a slot of this worker that no other worker can reach, where it
//! would wait behind whatever this pump runs.
//!
//! A caller whose call suspends helps: what the call's own turns schedule meanwhile, if it is known
//! to be short, is run by the caller itself before it waits, so that a call through several agents
//! needs no switch between tasks. See [`Helping`].

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rand::Rng;
use rand::rngs::SmallRng;
use tokio::task::coop;

use super::Shared;
use super::ready::{Popped, PumpState, Ready};
use crate::cell::{self, ScheduledAgent};

/// How many runs a pump makes before other tasks of its worker run.
const RUNS: u32 = 64;
/// How many runs in a row come from the pump's own slot.
const SLOT_RUNS: u32 = 16;
/// How many runs a caller makes for its own call before it waits.
const HELPED_RUNS: u32 = 8;

/// Something that can run for a while.
pub(crate) enum Runnable {
    Agent(ScheduledAgent),
    Job(async_task::Runnable),
}

pub(crate) struct RunQueue(Ready<Runnable>);

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
        Self(Ready::new())
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
        let own = SLOT.with(|slot| slot.node.get() == self.address() && !slot.helping.get());
        if let Err(runnable) = self.0.push(runnable, own) {
            runnable.run_last();
        }
    }

    /// Tells this queue from others.
    #[inline]
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Returns how many things are ready.
    pub(super) fn ready(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing is ready; what comes meanwhile may be overlooked.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes any, as the seed says.
    pub(crate) fn pop_any(&self, random: &mut SmallRng) -> Option<Runnable> {
        self.0.pop_any(|ready| random.random_range(0..ready))
    }

    /// Returns whether nothing runs and nothing is ready; else the waker is woken later.
    pub(crate) fn poll_idle(&self, cx: &Context<'_>) -> Poll<()> {
        self.0.poll_idle(cx.waker())
    }

    /// Takes everything out, for good.
    pub(crate) fn close(&self) -> Vec<Runnable> {
        self.0.close()
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
    state: PumpState<Runnable>,
}

impl Pump {
    pub(super) fn new(node: Arc<Shared>, index: usize, alone: bool) -> Self {
        let state = node.run_queue.0.add_pump(index, alone);
        Self { node, state }
    }

    fn next(&mut self, cx: &Context<'_>, slot_runs: &mut u32) -> Popped<Runnable> {
        let own = SLOT.with(|slot| slot.next.take());
        if let Some(agent) = own {
            if *slot_runs > 0 {
                *slot_runs -= 1;
                return Popped::Run(Runnable::Agent(agent));
            }
            self.node.run_queue.push(Runnable::Agent(agent));
        }
        *slot_runs = SLOT_RUNS;
        self.node.run_queue.0.pop_for(&mut self.state, cx.waker())
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
        for runnable in self.state.take_rest() {
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
        f.debug_struct("RunQueue").field("ready", &self.ready()).finish()
    }
}
