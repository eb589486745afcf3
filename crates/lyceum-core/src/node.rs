//! Nodes: hosts of agents. One for each process is usual, many are possible.

mod builder;
mod driver;
mod exchanges;
mod find;
mod job;
mod ready;
mod registry;
mod run_queue;
mod runtime;
mod shared;
mod shutdown;
mod simulation;
mod task;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

pub use builder::NodeBuilder;
pub use driver::ClockDriver;
pub(crate) use driver::pass;
pub use find::Finder;
pub(crate) use find::may_be;
pub(crate) use job::Job;
use lyceum_wire::NodeId;
use rand::Rng;
pub(crate) use registry::{Registry, Rejected};
pub(crate) use shared::Shared;
pub use simulation::{Trace, TraceEvent};
pub use task::Task;

use crate::clock::{Sleep, Time};
use crate::exchange::Exchange;
use crate::life::{
    DownReason, FromConstructor, FromValue, Launch, Reservation, Strategy, SupervisorBuilder,
};
use crate::mailbox::DeadLetter;
use crate::{Agent, AnyHandle, BoxError, Handle, LaunchError, Topics, User};

/// The nodes of this process, by id, for handles that arrive in messages.
static NODES: Mutex<BTreeMap<NodeId, Weak<Shared>>> = Mutex::new(BTreeMap::new());

/// Returns the node of that id, if it is in this process.
pub(crate) fn by_id(id: NodeId) -> Option<Arc<Shared>> {
    NODES.lock().unwrap_or_else(PoisonError::into_inner).get(&id)?.upgrade()
}

/// Draws an id that no other node of this process has.
fn free_id(random: &mut impl Rng) -> NodeId {
    let nodes = NODES.lock().unwrap_or_else(PoisonError::into_inner);
    // Drawn once, so that what is drawn next does not depend on other nodes of the process.
    let mut bits: u64 = random.random();
    loop {
        let id = NodeId::new(bits);
        if nodes.get(&id).is_none_or(|node| node.strong_count() == 0) {
            return id;
        }
        bits = bits.wrapping_add(1);
    }
}

fn enlist(node: &Arc<Shared>) {
    let mut nodes = NODES.lock().unwrap_or_else(PoisonError::into_inner);
    nodes.insert(node.id, Arc::downgrade(node));
}

fn delist(id: NodeId) {
    NODES.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
}

/// Hosts agents: runtime, clock, names, topics.
///
/// A local node lives in its tokio runtime until [`shutdown`](Self::shutdown) or until the
/// runtime ends, whichever handles exist. A simulated one lives as long as its last clone.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let counter = node.launch(Counter::default()).named("counter").await?;
/// assert_eq!(counter.add(1).await?, 1);
/// node.shutdown().await;
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Node {
    shared: Arc<Shared>,
    /// Ends a simulated node with its last owner.
    _owner: Option<Arc<Owner>>,
}

struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close("its simulated node was dropped");
    }
}

impl Node {
    /// Makes a node on the current tokio runtime, with the system's clock.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime; [`builder`](Self::builder) returns an error there.
    pub fn local() -> Self {
        match Self::builder().build() {
            Ok(node) => node,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes a node that runs on one thread, in virtual time, in an order that the seed chooses.
    ///
    /// It needs no runtime: whoever awaits one of its calls drives it. The same seed and the same
    /// inputs give the same [`trace`](Self::trace).
    pub fn simulated(seed: u64) -> Self {
        Self::builder().simulated(seed)
    }

    /// Makes a node with other settings.
    pub fn builder() -> NodeBuilder {
        NodeBuilder::default()
    }

    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        enlist(&shared);
        Self { shared, _owner: None }
    }

    pub(crate) fn owning(shared: Arc<Shared>) -> Self {
        enlist(&shared);
        let owner = Arc::new(Owner(shared.clone()));
        Self { shared, _owner: Some(owner) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Lets the node reach agents by an exchange, and be reached.
    pub fn attach(&self, exchange: Arc<dyn Exchange>) {
        self.shared.exchanges.attach(exchange);
    }

    /// Returns the exchange of that type, if one is attached.
    pub fn exchange<E: Exchange>(&self) -> Option<Arc<E>> {
        self.shared.exchanges.of_type()
    }

    /// Returns the exchange of a type, which `make` makes if none is attached yet. For those who
    /// write an exchange.
    pub fn exchange_or_attach<E: Exchange>(&self, make: impl FnOnce() -> E) -> Arc<E> {
        self.shared.exchanges.get_or_attach(make)
    }

    /// Returns the node's id.
    pub fn id(&self) -> NodeId {
        self.shared.id
    }

    /// Launches an agent from a value; await it for the handle.
    pub fn launch<A: Agent>(&self, agent: A) -> Launch<A, FromValue<A>> {
        Launch::new(self.shared.clone(), FromValue::new(agent))
    }

    /// Launches an agent from a constructor, which runs inside the node and again at each
    /// restart.
    pub fn launch_with<A, F, E>(&self, constructor: F) -> Launch<A, FromConstructor<A>>
    where
        A: Agent,
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        Launch::new(self.shared.clone(), FromConstructor::new(constructor))
    }

    /// Launches an agent whose type has no start hook, so that its [state](crate::Hold) can be had
    /// at once. For who runs agents by himself, such as a universe.
    ///
    /// # Errors
    ///
    /// The name cannot be used, or the node has stopped.
    ///
    /// # Panics
    ///
    /// If the type has a start hook.
    pub fn launch_at_once<A: Agent>(
        &self,
        name: Option<&str>,
        agent: A,
    ) -> Result<Handle<A>, LaunchError> {
        assert!(A::BLUEPRINT.on_start.is_none(), "`{}` has a start hook, which waits", A::NAME);
        crate::life::at_once(&self.shared, name, agent)
    }

    /// Reserves a name for an agent that is launched later, and has its handle already now.
    ///
    /// # Errors
    ///
    /// The name cannot be used, or the node has stopped.
    pub fn reserve<A: Agent>(&self, name: &str) -> Result<Reservation<A>, LaunchError> {
        Reservation::new(&self.shared, name)
    }

    /// Finds agents by name, type, interface or attribute.
    pub fn find(&self) -> Finder<'_> {
        Finder::new(&self.shared)
    }

    /// Returns how many agents live on the node.
    pub fn agent_count(&self) -> usize {
        self.shared.registry.count()
    }

    /// Makes a supervisor, which restarts the agents that it launches together.
    pub fn supervisor(&self, strategy: Strategy) -> SupervisorBuilder {
        SupervisorBuilder::new(self.shared.clone(), strategy)
    }

    /// Makes a user: a program with an id and a mailbox of its own.
    ///
    /// # Errors
    ///
    /// As any launch.
    pub async fn user(&self, name: &str) -> Result<User, LaunchError> {
        User::register(self, name).await
    }

    /// Launches many agents at once, and waits until all have started.
    ///
    /// # Errors
    ///
    /// Returns the first failure; agents that started before it go on.
    pub async fn launch_many<A: Agent>(
        &self,
        agents: impl IntoIterator<Item = A>,
    ) -> Result<Vec<Handle<A>>, LaunchError> {
        let launches: Vec<_> =
            agents.into_iter().map(|agent| self.launch(agent).into_future()).collect();
        let mut handles = Vec::with_capacity(launches.len());
        for launch in launches {
            handles.push(launch.await?);
        }
        Ok(handles)
    }

    /// Waits until one of the agents is gone for good; returns which, and why.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub async fn wait_any(&self, agents: &[AnyHandle]) -> (usize, DownReason) {
        let ends = agents.iter().map(AnyHandle::ended);
        let (reason, index, _) = futures_util::future::select_all(ends).await;
        (index, reason)
    }

    /// Waits until all of the agents are gone for good.
    pub async fn wait_all(&self, agents: &[AnyHandle]) -> Vec<DownReason> {
        let mut reasons = Vec::with_capacity(agents.len());
        for agent in agents {
            reasons.push(agent.ended().await);
        }
        reasons
    }

    /// Returns the node's topics.
    pub fn topics(&self) -> Topics<'_> {
        Topics::new(&self.shared)
    }

    /// Returns the time of the node's clock.
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// Returns the date of the node's clock.
    pub fn utc(&self) -> jiff::Timestamp {
        self.shared.clock.utc()
    }

    /// Waits on the node's clock.
    pub fn sleep(&self, time: Duration) -> Sleep {
        Sleep::until(self.shared.clone(), self.now() + time)
    }

    /// Runs a future on the node, beside the agents.
    ///
    /// On a simulated node it takes part in the repeatable order. It ends with the node.
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Task::new(&self.shared, future)
    }

    /// Returns the last messages that nobody handled, oldest first; at most 1,024 are kept.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.dead_letters.list()
    }

    /// Returns how many messages nobody handled.
    pub fn dead_letter_count(&self) -> u64 {
        self.shared.dead_letters.count()
    }

    /// Runs everything that is ready now on a simulated node and those
    /// [beside](NodeBuilder::beside) it, without moving time.
    ///
    /// Returns how many steps that took; zero on other nodes.
    ///
    /// # Panics
    ///
    /// If it is an agent or a job of the node that calls this, or if after 10,000,000 steps there
    /// is more to do.
    pub fn run_until_idle(&self) -> usize {
        self.shared.simulation.as_ref().map_or(0, |simulation| simulation.run_until_idle())
    }

    /// Moves the time of a simulated node and those [beside](NodeBuilder::beside) it forward, and
    /// runs once whatever is ready then; what becomes ready by that waits for the next round.
    ///
    /// Returns how many steps that took; zero on other nodes. This is how a universe lets ordinary
    /// agents take part in its steps.
    ///
    /// # Panics
    ///
    /// If it is an agent or a job of the node that calls this.
    pub fn run_round(&self, time: Duration) -> usize {
        let Some(simulation) = &self.shared.simulation else { return 0 };
        let until = self.now() + time;
        if simulation.is_alone() && self.shared.rests_until(until.nanos()) {
            self.shared.clock.set_now(until.nanos());
            return 0;
        }
        simulation.run_round(time)
    }

    /// Returns whether the node is simulated.
    pub fn is_simulated(&self) -> bool {
        self.shared.is_simulated()
    }

    /// Moves the time of a simulated node, and of those [beside](NodeBuilder::beside) it, forward,
    /// running what is due on the way in order.
    ///
    /// Does nothing on other nodes.
    ///
    /// # Panics
    ///
    /// If it is an agent or a job of the node that calls this: it waits with
    /// [`Context::sleep`](crate::Context::sleep).
    pub fn advance(&self, time: Duration) {
        if let Some(simulation) = &self.shared.simulation {
            simulation.advance_to(self.now() + time);
        }
    }

    /// Returns what a simulated node, and those [beside](NodeBuilder::beside) it, did so far;
    /// `None` on other nodes.
    pub fn trace(&self) -> Option<Trace> {
        self.shared.simulation.as_ref().map(|simulation| simulation.trace())
    }

    /// Returns the driver of an external clock; `None` if the node has another clock.
    pub fn clock_driver(&self) -> Option<ClockDriver> {
        ClockDriver::of(&self.shared)
    }

    /// Stops all agents, those launched last first, and ends the node.
    ///
    /// Each agent may finish its turn and its stop hook within the node's grace time. In a turn or
    /// job of an agent of the node this returns at once: an agent cannot wait for its own end.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the shutdown goes on even if the future is dropped.
    pub async fn shutdown(&self) {
        shutdown::Shutdown::new(self.shared.clone()).await;
    }

    /// Waits for Ctrl-C or a request to terminate, then [shuts down](Self::shutdown).
    ///
    /// # Errors
    ///
    /// Returns why the signals cannot be awaited.
    pub async fn run_until_signal(&self) -> std::io::Result<()> {
        driver::wait_for_signal().await?;
        self.shutdown().await;
        Ok(())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.id())
    }
}
