//! A simulated network: hosts, and connections that are slow, break and heal.

mod connection;
mod disturbance;
mod host;
mod pipe;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connection::Line;
use futures_util::future::BoxFuture;
use host::HostTransport;
use lyceum::exchange::Door;
use lyceum::network::{ByteStream, Network, Settings, Transport};
use lyceum::{Node, Time};
use tokio::sync::{Notify, mpsc};

/// Hosts in a network that exists in memory and in virtual time alone, and whose delays and faults
/// the seed of its world chooses.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum_test::SimulatedNetwork;
///
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let network = SimulatedNetwork::new(7);
/// let (server, client) = (network.node("server"), network.node("client"));
/// server.launch(Counter::default()).named("counter").await?;
/// server.listen("sim://server").await?;
///
/// let counter = client.connect::<Counter>("sim://server/counter").await?;
/// assert_eq!(counter.add(2).await?, 2);
///
/// network.cut("client", "server");
/// assert!(matches!(counter.add(2).await, Err(CallError::Disconnected(_))));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct SimulatedNetwork {
    inner: Arc<Inner>,
}

struct Inner {
    /// The network's own node, which has its time and its randomness.
    node: Node,
    door: Door,
    state: Mutex<State>,
    /// Told when two hosts reach each other again.
    healed: Notify,
}

struct State {
    delay: Range<Duration>,
    /// How many bytes a second pass in one direction of a connection.
    rate: Option<u64>,
    listeners: BTreeMap<String, mpsc::Sender<Box<dyn ByteStream>>>,
    /// What is the matter between two hosts; nothing if they are not there.
    troubles: BTreeMap<Pair, Trouble>,
    lines: Vec<Line>,
}

/// Two hosts, in alphabetical order.
type Pair = (String, String);

/// What is the matter between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Cut,
    Silence,
}

impl SimulatedNetwork {
    /// Makes a network in a world of its own.
    pub fn new(seed: u64) -> Self {
        Self::in_world_of(&Node::simulated(seed))
    }

    /// Makes a network in the world of a simulated node.
    ///
    /// # Panics
    ///
    /// If the node is not simulated.
    pub fn in_world_of(node: &Node) -> Self {
        let node = Node::builder().beside(node);
        let state = State {
            delay: Duration::from_millis(1)..Duration::from_millis(10),
            rate: None,
            listeners: BTreeMap::new(),
            troubles: BTreeMap::new(),
            lines: Vec::new(),
        };
        let door = Door::of(&node);
        let inner = Inner { node, door, state: Mutex::new(state), healed: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    /// Makes a node on a host, with a network of the usual settings; it can listen at
    /// `sim://HOST` and `sim://HOST:PORT`.
    pub fn node(&self, host: &str) -> Node {
        self.node_with(host, Settings::default())
    }

    /// Makes a node on a host, with a network of other settings.
    pub fn node_with(&self, host: &str, settings: Settings) -> Node {
        let node = Node::builder().beside(&self.inner.node);
        Network::attach_over(&node, settings, vec![self.transport(host)]);
        node
    }

    /// Returns the transport of a host, for who attaches a network himself.
    pub fn transport(&self, host: &str) -> Arc<dyn Transport> {
        Arc::new(HostTransport { network: self.clone(), host: host.into() })
    }

    /// Dials from a host, as a program does that speaks a wire of its own.
    pub fn dial(
        &self,
        host: &str,
        endpoint: &str,
    ) -> BoxFuture<'static, std::io::Result<Box<dyn ByteStream>>> {
        let endpoint = endpoint.parse().map_err(std::io::Error::other);
        let transport = self.transport(host);
        Box::pin(async move { transport.dial(endpoint?).await })
    }

    /// Waits for a future that uses the network, and drives the world meanwhile.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        self.inner.door.driven(future).await
    }

    /// Returns the network's own node, for its time, its trace, and more nodes beside it.
    pub fn world(&self) -> &Node {
        &self.inner.node
    }

    /// Sets how long bytes are under way: 1 to 10 ms unless set.
    pub fn delay(&self, delay: Range<Duration>) {
        self.state().delay = delay;
    }

    /// Sets how many bytes a second pass in each direction of a connection; any number unless set.
    pub fn rate(&self, bytes_per_second: u64) {
        self.state().rate = Some(bytes_per_second.max(1));
    }

    /// Breaks all connections between two hosts, and lets nobody connect until they are
    /// [healed](Self::heal). Both notice at once.
    pub fn cut(&self, host: &str, other: &str) {
        let pair = pair(host, other);
        self.state().troubles.insert(pair.clone(), Trouble::Cut);
        self.break_lines(&pair);
    }

    /// Breaks all connections between two hosts; they can connect again at once.
    pub fn drop_connections(&self, host: &str, other: &str) {
        self.break_lines(&pair(host, other));
    }

    /// Lets nothing pass between two hosts until they are [healed](Self::heal): neither notices.
    pub fn silence(&self, host: &str, other: &str) {
        let pair = pair(host, other);
        let mut state = self.state();
        state.troubles.insert(pair.clone(), Trouble::Silence);
        state.lines.iter().filter(|line| line.is_between(&pair)).for_each(|line| line.hold(true));
    }

    /// Lets two hosts reach each other again; what was held up arrives.
    pub fn heal(&self, host: &str, other: &str) {
        let pair = pair(host, other);
        let mut state = self.state();
        state.troubles.remove(&pair);
        let held: Vec<_> =
            state.lines.iter().filter(|line| line.is_between(&pair)).cloned().collect();
        drop(state);
        held.iter().for_each(|line| line.hold(false));
        self.inner.healed.notify_waiters();
    }

    fn break_lines(&self, pair: &Pair) {
        let lines = std::mem::take(&mut self.state().lines);
        let (broken, whole) = lines.into_iter().partition(|line| line.is_between(pair));
        self.state().lines = whole;
        let broken: Vec<Line> = broken;
        broken.iter().for_each(Line::break_off);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self, pair: &Pair) -> Option<Trouble> {
        self.state().troubles.get(pair).copied()
    }

    /// Returns when what is sent now arrives, at the earliest.
    fn arrival(&self, bytes: usize) -> Time {
        let (delay, rate) = {
            let state = self.state();
            (state.delay.clone(), state.rate)
        };
        let width = u64::try_from(delay.end.saturating_sub(delay.start).as_nanos()).unwrap_or(0);
        let extra = if width == 0 { 0 } else { self.inner.door.random() % width };
        let sending =
            rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(bytes as f64 / rate as f64));
        self.inner.door.now() + (delay.start + Duration::from_nanos(extra) + sending)
    }
}

fn pair(host: &str, other: &str) -> Pair {
    if host <= other { (host.into(), other.into()) } else { (other.into(), host.into()) }
}

impl fmt::Debug for SimulatedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("SimulatedNetwork")
            .field("listeners", &state.listeners.keys())
            .field("troubles", &state.troubles)
            .finish_non_exhaustive()
    }
}
