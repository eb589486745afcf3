//! Simulated nodes: one thread at a time, virtual time, and an order that the seed chooses.
//!
//! The nodes of one [`Simulation`] are a world of their own: one seed chooses among what is ready
//! on any of them, their clocks move together, and one trace has all that they do.
//!
//! Whoever waits drives: a call, sleep or monitor that is polled outside of the node runs the
//! node step by step until it is ready. So a simulated node needs no runtime, and what it does
//! depends on its seed and its inputs alone. Before the first step, the executor polls whatever
//! else the program started, and again whenever a step made something ready outside.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lyceum_wire::AgentId;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::task::unconstrained;

use super::Shared;
use super::run_queue::Runnable;
use crate::{ActionInfo, Time};

/// How many events a trace keeps.
const TRACE_LIMIT: usize = 100_000;
/// How many steps a node may make while nothing comes of them: neither does time move, nor does
/// anything become ready outside.
const STEP_LIMIT: u64 = 10_000_000;
/// FNV-1a, 64 bits.
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_FACTOR: u64 = 0x0000_0100_0000_01b3;

/// A world of simulated nodes.
pub(crate) struct Simulation {
    seed: u64,
    /// Tells this world from others of the process.
    number: u64,
    state: Mutex<State>,
    /// The nodes that have not ended, in the order in which they came.
    nodes: Mutex<Nodes>,
    alone: AtomicBool,
    /// Held by the thread that drives.
    driver: Mutex<()>,
    /// Tells the thread that drives from others; zero if none does.
    driving: AtomicUsize,
    /// Counts what started or became ready outside.
    outside: AtomicU64,
}

/// Shared, so that a step need not hold the lock.
type Nodes = Arc<Vec<Arc<Shared>>>;

/// How many worlds there were.
static WORLDS: AtomicU64 = AtomicU64::new(0);

struct State {
    random: SmallRng,
    joined: u32,
    seen_outside: u64,
    /// How many steps the node made since time moved, or something became ready outside.
    steps: u64,
    events: VecDeque<TraceEvent>,
    count: u64,
    hash: u64,
}

/// What a simulated node did, in order.
///
/// Two runs are the same if their [`hash`](Self::hash) is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The seed of the run.
    pub seed: u64,
    /// The last events, at most 100,000.
    pub events: Vec<TraceEvent>,
    /// How many events there were.
    pub count: u64,
    /// A hash of all events.
    pub hash: u64,
}

/// One thing that a simulated node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// When.
    pub time: Time,
    /// The node, by its number in its world: 0 is the first one.
    pub node: u32,
    /// The agent.
    pub agent: AgentId,
    /// What it did: the name of an action, or of a change in its life.
    pub what: String,
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            number: WORLDS.fetch_add(1, Ordering::Relaxed) + 1,
            nodes: Mutex::default(),
            alone: AtomicBool::new(true),
            state: Mutex::new(State {
                random: SmallRng::seed_from_u64(seed),
                joined: 0,
                seen_outside: 0,
                steps: 0,
                events: VecDeque::new(),
                count: 0,
                hash: HASH_START,
            }),
            driver: Mutex::new(()),
            driving: AtomicUsize::new(0),
            outside: AtomicU64::new(0),
        }
    }

    /// Returns what tells this world from others of the process; never zero.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the number of the next node to join, and a seed for it.
    pub(super) fn invite(&self) -> (u32, u64) {
        let mut state = self.state();
        let number = state.joined;
        state.joined += 1;
        // The first node's own randomness has the seed of the world.
        let seed = if number == 0 { self.seed } else { state.random.random() };
        (number, seed)
    }

    /// Returns whether there never was more than one node.
    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(Ordering::Relaxed)
    }

    /// Lets a node take part.
    pub(super) fn join(&self, node: &Arc<Shared>) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        self.alone.store(nodes.is_empty(), Ordering::Relaxed);
        Arc::make_mut(&mut nodes).push(node.clone());
    }

    /// Lets a node that has ended take no more part.
    pub(super) fn leave(&self, node: &Shared) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let others = nodes.iter().filter(|other| !ptr::eq(Arc::as_ptr(other), node));
        let others = Arc::new(others.cloned().collect());
        // Bound to a variable: it is dropped after the lock.
        let _former = std::mem::replace(&mut *nodes, others);
        drop(nodes);
    }

    fn nodes(&self) -> Nodes {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns one of two, as the seed says.
    pub(crate) fn toss(&self) -> bool {
        self.state().random.random()
    }

    /// Notes that something started or became ready outside.
    pub(crate) fn note_outside(&self, count: u64) {
        self.outside.fetch_add(count, Ordering::AcqRel);
    }

    pub(crate) fn note(&self, node: &Shared, agent: AgentId, what: &str) {
        let (time, number) = (node.clock.now(), node.number);
        let mut state = self.state();
        let numbers = [time.nanos(), u64::from(number), agent.bits()].map(u64::to_le_bytes);
        let bytes = numbers.as_flattened().iter().chain(what.as_bytes());
        state.hash = bytes
            .fold(state.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(HASH_FACTOR));
        state.count += 1;
        if state.events.len() == TRACE_LIMIT {
            state.events.pop_front();
        }
        state.events.push_back(TraceEvent { time, node: number, agent, what: what.into() });
    }

    pub(crate) fn note_action(&self, node: &Shared, agent: AgentId, info: &ActionInfo) {
        self.note(node, agent, info.name);
    }

    pub(crate) fn trace(&self) -> Trace {
        let state = self.state();
        Trace {
            seed: self.seed,
            events: state.events.iter().cloned().collect(),
            count: state.count,
            hash: state.hash,
        }
    }

    /// Makes one step for a waiting future; false if that future has to wait for others.
    pub(crate) fn drive(&self, cx: &mut Context<'_>) -> bool {
        let _driving = match self.driver.try_lock() {
            Ok(driver) => self.begin(driver),
            Err(TryLockError::Poisoned(driver)) => self.begin(driver.into_inner()),
            Err(TryLockError::WouldBlock) => {
                cx.waker().wake_by_ref();
                return false;
            }
        };
        if self.sees_outside() {
            cx.waker().wake_by_ref();
            return false;
        }
        without_budget(|| self.step() || self.jump())
    }

    /// Notes that this thread drives.
    fn begin<'s>(&'s self, driver: MutexGuard<'s, ()>) -> Driving<'s> {
        self.driving.store(this_thread(), Ordering::Relaxed);
        Driving { simulation: self, _driver: driver }
    }

    /// Lets this thread drive, once no other one does.
    ///
    /// # Panics
    ///
    /// If it is a node of the world itself that asks.
    fn enter(&self) -> Driving<'_> {
        let inside = crate::cell::with_current(|frame| frame.world() == Some(self.number));
        let nested = self.driving.load(Ordering::Relaxed) == this_thread();
        assert!(
            !nested && !inside.unwrap_or(false),
            "`advance` and `run_until_idle` were called from inside of the simulated node: they \
              are for whoever drives it, and agents and jobs wait with `cx.sleep`"
        );
        self.begin(self.driver.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs one agent or job, which the seed chooses among those of all nodes; false if none is
    /// ready.
    ///
    /// # Panics
    ///
    /// If nothing came of the last steps, however many there were.
    fn step(&self) -> bool {
        let next = self.pop_any();
        let mut state = self.state();
        state.steps = if next.is_some() { state.steps + 1 } else { 0 };
        let busy = (state.steps == STEP_LIMIT).then(|| state.events.back().cloned());
        drop(state);
        if let Some(last) = busy {
            overworked(&self.nodes(), last);
        }
        let Some(next) = next else { return false };
        next.run();
        true
    }

    /// Returns whether something started or became ready outside since this was last asked.
    fn sees_outside(&self) -> bool {
        let outside = self.outside.load(Ordering::Acquire);
        let mut state = self.state();
        let seen = std::mem::replace(&mut state.seen_outside, outside) != outside;
        if seen {
            state.steps = 0;
        }
        seen
    }

    fn pop_any(&self) -> Option<Runnable> {
        let nodes = self.nodes();
        let mut state = self.state();
        let [node] = nodes.as_slice() else {
            let ready = nodes.iter().map(|node| node.run_queue.ready());
            let all: usize = ready.clone().sum();
            let mut index = if all == 0 { return None } else { state.random.random_range(0..all) };
            for (node, ready) in nodes.iter().zip(ready) {
                if index < ready {
                    return node.run_queue.pop_any(&mut state.random);
                }
                index -= ready;
            }
            return None;
        };
        node.run_queue.pop_any(&mut state.random)
    }

    /// Moves time to the next timer of any node and fires it; false if there is none.
    fn jump(&self) -> bool {
        let nodes = self.nodes();
        if nodes.iter().any(|node| node.is_busy()) {
            return false;
        }
        let Some(due) = next_due(&nodes) else { return false };
        self.move_to(&nodes, due);
        true
    }

    /// Moves all clocks, and fires what is due then.
    fn move_to(&self, nodes: &[Arc<Shared>], time: u64) {
        nodes.iter().for_each(|node| node.clock.set_now(time));
        self.state().steps = 0;
        for node in nodes {
            self.note_outside(node.clock.fire(&node.registry).outside);
        }
    }

    /// Runs what is ready now, without moving time; returns how many steps that took.
    pub(crate) fn run_until_idle(&self) -> usize {
        let _driving = self.enter();
        without_budget(|| {
            for node in self.nodes().iter() {
                self.note_outside(node.clock.fire(&node.registry).outside);
            }
            self.run_ready()
        })
    }

    /// Moves time forward, and runs each agent and job that is ready then once, but nothing that
    /// becomes ready only by that; returns how many steps that took.
    pub(crate) fn run_round(&self, time: Duration) -> usize {
        let _driving = self.enter();
        without_budget(|| {
            let nodes = self.nodes();
            let now = nodes.first().map(|node| node.clock.now()).unwrap_or_default();
            self.move_to(&nodes, (now + time).nanos());
            let ready = nodes.iter().map(|node| node.run_queue.ready()).sum();
            (0..ready).take_while(|_| self.step()).count()
        })
    }

    fn run_ready(&self) -> usize {
        let mut steps = 0;
        while self.step() {
            steps += 1;
        }
        steps
    }

    /// Moves time forward to `target`, running everything that is due on the way in order.
    pub(crate) fn advance_to(&self, target: Time) {
        let _driving = self.enter();
        without_budget(|| {
            self.run_ready();
            loop {
                // A step may let nodes come and go.
                let nodes = self.nodes();
                match next_due(&nodes).filter(|due| *due <= target.nanos()) {
                    Some(due) => self.move_to(&nodes, due),
                    None => break,
                }
                self.run_ready();
            }
        });
        self.nodes().iter().for_each(|node| node.clock.set_now(target.nanos()));
    }
}

/// Returns when something happens next on any of the nodes.
fn next_due(nodes: &[Arc<Shared>]) -> Option<u64> {
    nodes.iter().filter_map(|node| node.clock.next_due(&node.registry)).min()
}

/// Panics, with a hint who is to blame.
#[cold]
fn overworked(nodes: &[Arc<Shared>], last: Option<TraceEvent>) -> ! {
    let last = last.map_or_else(String::new, |last| {
        let node = nodes.iter().find(|node| node.number == last.node);
        let agent = node.map_or_else(String::new, |node| node.address(last.agent).to_string());
        format!(", at last `{}` of agent {agent}", last.what)
    });
    let now = nodes.first().map(|node| node.clock.now()).unwrap_or_default();
    panic!(
        "a simulated node made {STEP_LIMIT} steps at {now} and has more to do{last}: time stands \
          still for a behaviour or job that never waits"
    );
}

/// That a thread drives a simulated node.
struct Driving<'s> {
    simulation: &'s Simulation,
    _driver: MutexGuard<'s, ()>,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.simulation.driving.store(0, Ordering::Relaxed);
    }
}

/// Returns a number that no other living thread has, and that is not zero.
fn this_thread() -> usize {
    thread_local! {
        static HERE: u8 = const { 0 };
    }
    HERE.with(|here| ptr::from_ref(here).addr())
}

/// Runs work outside of the budget that tokio gives the task that drives.
///
/// With that used up, tokio's channels would say `Pending` without need, and time would jump.
fn without_budget<T>(work: impl FnOnce() -> T) -> T {
    let mut work = Some(work);
    let once = poll_fn(|_| Poll::Ready(work.take().map(|work| work())));
    match pin!(unconstrained(once)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(output)) => output,
        Poll::Ready(None) | Poll::Pending => unreachable!("the work is there and ready"),
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation").field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::Node;

    /// It ran for ever, and whoever waited had no idea why.
    #[test]
    fn node_that_is_busy_without_end_says_who_never_waits() {
        let node = Node::simulated(1);
        let simulation = node.shared().simulation.as_ref().unwrap();
        let busy = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        node.spawn(busy).detach();
        simulation.note(node.shared(), AgentId::new(7), "tread");
        simulation.state().steps = STEP_LIMIT - 100;

        let panic = catch_unwind(AssertUnwindSafe(|| node.run_until_idle())).unwrap_err();

        let text = crate::caught::panic_text(&*panic);
        assert!(
            text.contains("at last `tread` of agent") && text.contains("never waits"),
            "{text}"
        );
    }
}
