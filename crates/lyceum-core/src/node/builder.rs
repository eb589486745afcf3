//! Settings of a node.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::runtime::Handle as Runtime;
use tokio::sync::Semaphore;

use super::exchanges::Exchanges;
use super::registry::Registry;
use super::run_queue::{Pump, RunQueue};
use super::simulation::Simulation;
use super::{Node, Shared, driver};
use crate::NodeError;
use crate::clock::{Clock, ClockKind};
use crate::exchange::Departures;
use crate::mailbox::DeadLetters;
use crate::topic::TopicTable;

/// How long a call waits unless set otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long agents may take to stop unless set otherwise.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);
/// How many pieces of blocking work run at once unless set otherwise.
const DEFAULT_BLOCKING: usize = 64;
/// How many constructors run at once, but for those that took longer than they may.
const CONSTRUCTORS: usize = 64;

/// Settings of a node; made by [`Node::builder`].
///
/// ```
/// # use lyceum::prelude::*;
/// # lyceum::block_on(async {
/// let node = Node::builder().timeout(Duration::from_secs(2)).build()?;
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct NodeBuilder {
    runtime: Option<Runtime>,
    clock: ClockKind,
    start: Option<Timestamp>,
    timeout: Duration,
    grace: Duration,
    blocking: usize,
    seed: Option<u64>,
}

impl Default for NodeBuilder {
    fn default() -> Self {
        Self {
            runtime: None,
            clock: ClockKind::System,
            start: None,
            timeout: DEFAULT_TIMEOUT,
            grace: DEFAULT_GRACE,
            blocking: DEFAULT_BLOCKING,
            seed: None,
        }
    }
}

impl NodeBuilder {
    /// Runs agents on this runtime instead of the current one.
    pub fn runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Takes the time from a simulator, which sets it by [`Node::clock_driver`].
    pub fn external_clock(mut self, start: Timestamp) -> Self {
        self.clock = ClockKind::External;
        self.start = Some(start);
        self
    }

    /// Lets time jump to the next due time whenever all agents are idle.
    pub fn virtual_clock(mut self, start: Timestamp) -> Self {
        self.clock = ClockKind::Virtual;
        self.start = Some(start);
        self
    }

    /// Sets the date at which a simulated clock starts; 2000-01-01 unless set.
    pub fn start(mut self, start: Timestamp) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets how long calls wait by default; 30 s unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long agents may take to stop; 5 s unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets how many pieces of blocking work run at once; 64 unless set.
    pub fn blocking_limit(mut self, limit: usize) -> Self {
        self.blocking = limit.max(1);
        self
    }

    /// Draws the node's randomness and ids from this seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Makes the node.
    ///
    /// # Errors
    ///
    /// Returns [`NodeError::NoRuntime`] outside of a tokio runtime, unless one was given.
    pub fn build(self) -> Result<Node, NodeError> {
        let current = || Runtime::try_current().ok();
        let runtime = self.runtime.clone().or_else(current).ok_or(NodeError::NoRuntime)?;
        if !driver::has_timers(&runtime) {
            return Err(NodeError::NoTimers);
        }
        let workers = runtime.metrics().num_workers();
        let seed = self.seed.unwrap_or_else(rand::random);
        let shared = Arc::new(self.shared(Some(runtime.clone()), None, 0, seed));
        // A pump ends with its node, and closes the node if its runtime ends before.
        let pumps = (0..workers).map(|index| Pump::new(shared.clone(), index, workers == 1));
        pumps.for_each(|pump| driver::spawn_detached(&runtime, pump));
        driver::start(&runtime, &shared);
        Ok(Node::of(shared))
    }

    /// Makes a node that runs on one thread, in virtual time, in an order that the seed chooses.
    pub fn simulated(self, seed: u64) -> Node {
        self.join(&Arc::new(Simulation::new(seed)))
    }

    /// Makes a simulated node in the world of another one: both have the same seed, time, order and
    /// [trace](Node::trace), so that what they do together is repeatable.
    ///
    /// Otherwise they are as on two machines: they reach each other by an exchange alone.
    ///
    /// ```
    /// # use lyceum::prelude::*;
    /// let first = Node::simulated(7);
    /// let second = Node::builder().beside(&first);
    /// first.advance(Duration::from_secs(1));
    /// assert_eq!(second.now(), first.now());
    /// ```
    ///
    /// # Panics
    ///
    /// If the other node is not simulated.
    pub fn beside(self, node: &Node) -> Node {
        let other = node.shared();
        let simulation = other.simulation.as_ref();
        let simulation = simulation.expect("a node beside another one: both are simulated");
        let start = self.start.unwrap_or_else(|| other.clock.start());
        let node = Self { start: Some(start), ..self }.join(simulation);
        node.shared().clock.set_now(other.clock.nanos());
        node
    }

    fn join(self, simulation: &Arc<Simulation>) -> Node {
        let builder = Self { clock: ClockKind::Virtual, ..self };
        let (number, seed) = simulation.invite();
        let shared = Arc::new(builder.shared(None, Some(simulation.clone()), number, seed));
        simulation.join(&shared);
        Node::owning(shared)
    }

    fn shared(
        &self,
        runtime: Option<Runtime>,
        simulation: Option<Arc<Simulation>>,
        number: u32,
        seed: u64,
    ) -> Shared {
        let mut random = SmallRng::seed_from_u64(seed);
        let start = self.start.unwrap_or_else(|| default_start(self.clock));
        Shared {
            id: super::free_id(&mut random),
            run_queue: RunQueue::new(),
            clock: Clock::new(self.clock, start),
            registry: Registry::default(),
            topics: TopicTable::default(),
            dead_letters: DeadLetters::default(),
            default_timeout: self.timeout,
            grace: self.grace,
            exchanges: Exchanges::default(),
            departures: Departures::default(),
            random: Mutex::new(random),
            blocking: Arc::new(Semaphore::new(self.blocking)),
            constructing: Arc::new(Semaphore::new(CONSTRUCTORS)),
            runtime_id: runtime.as_ref().map(Runtime::id),
            runtime,
            simulation,
            number,
            held: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }
}

/// Returns 2000-01-01 for simulated clocks, and the present otherwise.
fn default_start(clock: ClockKind) -> Timestamp {
    match clock {
        ClockKind::System => Timestamp::now(),
        ClockKind::External | ClockKind::Virtual => {
            Timestamp::from_second(946_684_800).expect("the year 2000 is a date")
        }
    }
}
