//! Simulated nodes: one thread at a time, virtual time, and an order that the seed chooses.
//!
//! Whoever waits drives: a call, sleep or monitor that is polled outside of the node runs the
//! node step by step until it is ready. So a simulated node needs no runtime, and what it does
//! depends on its seed and its inputs alone. Before the first step, the executor polls whatever
//! else the program started, and again whenever a step made something ready outside.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

use lyceum_wire::AgentId;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::task::unconstrained;

use super::Shared;
use crate::{ActionInfo, Time};

/// How many events a trace keeps.
const TRACE_LIMIT: usize = 100_000;
/// FNV-1a, 64 bits.
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_FACTOR: u64 = 0x0000_0100_0000_01b3;

pub(crate) struct Simulation {
    seed: u64,
    state: Mutex<State>,
    /// Held by the thread that drives.
    driver: Mutex<()>,
    /// Counts what started or became ready outside.
    outside: AtomicU64,
}

struct State {
    random: SmallRng,
    seen_outside: u64,
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
    /// The agent.
    pub agent: AgentId,
    /// What it did: the name of an action, or of a change in its life.
    pub what: String,
}

impl Simulation {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            state: Mutex::new(State {
                random: SmallRng::seed_from_u64(seed),
                seen_outside: 0,
                events: VecDeque::new(),
                count: 0,
                hash: HASH_START,
            }),
            driver: Mutex::new(()),
            outside: AtomicU64::new(0),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
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

    pub(crate) fn note(&self, time: Time, agent: AgentId, what: &str) {
        let mut state = self.state();
        let numbers = [time.nanos().to_le_bytes(), agent.bits().to_le_bytes()];
        let bytes = numbers.as_flattened().iter().chain(what.as_bytes());
        state.hash = bytes
            .fold(state.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(HASH_FACTOR));
        state.count += 1;
        if state.events.len() == TRACE_LIMIT {
            state.events.pop_front();
        }
        state.events.push_back(TraceEvent { time, agent, what: what.into() });
    }

    pub(crate) fn note_action(&self, time: Time, agent: AgentId, info: &ActionInfo) {
        self.note(time, agent, info.name);
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
    pub(crate) fn drive(&self, node: &Shared, cx: &mut Context<'_>) -> bool {
        let _driver = match self.driver.try_lock() {
            Ok(driver) => driver,
            Err(TryLockError::Poisoned(driver)) => driver.into_inner(),
            Err(TryLockError::WouldBlock) => {
                cx.waker().wake_by_ref();
                return false;
            }
        };
        let outside = self.outside.load(Ordering::Acquire);
        if std::mem::replace(&mut self.state().seen_outside, outside) != outside {
            cx.waker().wake_by_ref();
            return false;
        }
        without_budget(|| self.step(node) || self.jump(node))
    }

    /// Runs one agent or job; false if none is ready.
    fn step(&self, node: &Shared) -> bool {
        let next = node.run_queue.pop_any(&mut self.state().random);
        match next {
            Some(runnable) => {
                runnable.run();
                true
            }
            None => false,
        }
    }

    /// Moves time to the next timer and fires it; false if there is none.
    fn jump(&self, node: &Shared) -> bool {
        if node.is_busy() {
            return false;
        }
        let Some(due) = node.clock.next_due(&node.registry) else { return false };
        node.clock.set_now(due);
        self.note_outside(node.clock.fire(&node.registry).outside);
        true
    }

    /// Runs what is ready now, without moving time; returns how many steps that took.
    pub(crate) fn run_until_idle(&self, node: &Shared) -> usize {
        let _driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        without_budget(|| {
            self.note_outside(node.clock.fire(&node.registry).outside);
            self.run_ready(node)
        })
    }

    fn run_ready(&self, node: &Shared) -> usize {
        let mut steps = 0;
        while self.step(node) {
            steps += 1;
        }
        steps
    }

    /// Moves time forward to `target`, running everything that is due on the way in order.
    pub(crate) fn advance_to(&self, node: &Shared, target: Time) {
        let _driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        without_budget(|| {
            self.run_ready(node);
            while let Some(due) =
                node.clock.next_due(&node.registry).filter(|due| *due <= target.nanos())
            {
                node.clock.set_now(due);
                self.note_outside(node.clock.fire(&node.registry).outside);
                self.run_ready(node);
            }
        });
        node.clock.set_now(target.nanos());
    }
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
