//! The network of a node: where it listens, and whom it reaches.

mod conductor;
mod host;
mod listener;
mod peer;
mod peers;
mod revival;
mod settings;
mod timer;
mod turnstile;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use conductor::{ConductError, Conductor};
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
pub use listener::{ListenError, Listener};
use lyceum_core::exchange::{AgentFilter, Connect, Door, Exchange, Peer, Status};
use lyceum_core::{AnyHandle, Handle, Node, Publication, Target};
use lyceum_wire::link::Hello;
use lyceum_wire::{Address, AddressError, Endpoint, NodeId};
use peer::{NodePeer, Remembered};
use peers::Peers;
pub use settings::Settings;
use thiserror::Error;
pub(crate) use timer::Timer;
use tokio::sync::{Notify, oneshot};
use turnstile::Turnstile;
pub(crate) use turnstile::{Sender, Turn};

use crate::channel::{Channel, Topics, Traffic};
use crate::transport::{self, Transport};

/// How long a node waits at its end for what is not over within its grace time.
const CLOSE_LIMIT: std::time::Duration = std::time::Duration::from_secs(2);

/// The exchange of a node over byte streams: TCP and Unix sockets, or what a test puts there.
///
/// One channel for each pair of nodes, whoever dialed, used in both directions.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum_exchange::NetworkExt;
///
/// #[derive(Default)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {
///     #[action]
///     fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> lyceum::Result<()> {
/// let server = Node::local();
/// server.launch(Counter::default()).named("counter").await?;
/// let listener = server.listen("tcp://127.0.0.1:0").await?;
///
/// let client = Node::local();
/// let counter = client.connect::<Counter>(&format!("{}/counter", listener.endpoint())).await?;
/// assert_eq!(counter.add(2).await?, 2);
/// # Ok(())
/// # }
/// ```
pub struct Network {
    inner: Arc<Inner>,
}

/// Says why a node did not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The text is no endpoint.
    #[error(transparent)]
    Endpoint(#[from] AddressError),
    /// The node did not answer.
    #[error("cannot reach the node at `{endpoint}`: {why}")]
    Unreachable {
        /// Where.
        endpoint: Endpoint,
        /// Why.
        why: String,
    },
}

pub(crate) struct Inner {
    pub(crate) door: Door,
    pub(crate) settings: Settings,
    pub(crate) timer: Timer,
    transports: Vec<Arc<dyn Transport>>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) traffic: Arc<Traffic>,
    state: Mutex<State>,
    /// Told when a task is over, and what it held is free.
    task_over: Notify,
    pub(crate) peers: Peers,
    remembered: Remembered,
    pub(crate) turnstile: Turnstile,
}

#[derive(Default)]
struct State {
    endpoints: Vec<Endpoint>,
    tasks: BTreeMap<u64, AbortHandle>,
    next_task: u64,
    /// How many tasks are not over.
    running: usize,
    /// Whether nobody is let in or dialed any more, and the channels empty themselves.
    closing: bool,
    closed: bool,
}

impl Network {
    /// Gives a node a network; it is found again by [`NetworkExt::network`].
    pub fn attach(node: &Node, settings: Settings) -> Arc<Self> {
        #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "TLS is one more"))]
        let mut transports = transport::built_in(&Door::of(node), settings.looking);
        #[cfg(feature = "tls")]
        if let Some(certificates) = settings.certificates.clone() {
            transports.push(transport::tls(certificates, settings.looking));
        }
        Self::attach_over(node, settings, transports)
    }

    /// Gives a node a network over other transports.
    pub fn attach_over(
        node: &Node,
        settings: Settings,
        transports: Vec<Arc<dyn Transport>>,
    ) -> Arc<Self> {
        let door = Door::of(node);
        let inner = Arc::new(Inner {
            timer: Timer::of(&door),
            topics: Topics::new(door.clone()),
            traffic: Arc::default(),
            door,
            settings,
            transports,
            state: Mutex::default(),
            task_over: Notify::new(),
            peers: Peers::default(),
            remembered: Remembered::default(),
            turnstile: Turnstile::default(),
        });
        inner.clone().announce_interests();
        let network = Arc::new(Self { inner });
        node.attach(network.clone());
        network
    }

    /// Listens at an endpoint, as in `tcp://127.0.0.1:5555`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// Says why that is not possible. Beyond loopback a token is needed; see
    /// [`Settings::token`].
    pub async fn listen(&self, endpoint: &str) -> Result<Listener, ListenError> {
        self.inner.door.driven(listener::listen(&self.inner, endpoint)).await
    }

    /// Asks the node at an endpoint for its agents.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    pub async fn agents(
        &self,
        endpoint: &str,
        filter: AgentFilter,
    ) -> Result<Vec<Status>, AskError> {
        let endpoint: Endpoint = endpoint.parse()?;
        let unreachable = |why: String| AskError::Unreachable { endpoint: endpoint.clone(), why };
        let asked = async {
            let channel = self.inner.reach(&endpoint).await;
            let channel = channel.map_err(|error| error.to_string())?;
            channel.agents(filter).await
        };
        self.inner.door.driven(asked).await.map_err(unreachable)
    }

    /// Returns the nodes that there is a live channel to.
    pub fn connected(&self) -> Vec<NodeId> {
        self.inner.peers.live().iter().map(|channel| channel.node).collect()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the node is about to end, and takes on nothing new.
    pub(crate) fn is_closing(&self) -> bool {
        self.state().closing
    }

    pub(crate) fn transport(&self, scheme: &str) -> Option<&Arc<dyn Transport>> {
        self.transports.iter().find(|transport| transport.scheme() == scheme)
    }

    /// Returns where others reach the node. All addresses of a machine are none of them.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        let any = |endpoint: &&Endpoint| {
            let location = endpoint.location();
            location.starts_with("0.0.0.0:") || location.starts_with("[::]:")
        };
        let state = self.state();
        let listening = state.endpoints.iter().filter(|endpoint| !any(endpoint));
        self.settings.advertised.iter().chain(listening).cloned().collect()
    }

    /// Makes what this node says of itself.
    pub(crate) fn hello(&self) -> Hello {
        let endpoints = self.endpoints().iter().map(ToString::to_string).collect();
        Hello { endpoints, host: host::identity(), ..self.settings.hello(self.door.node_id()) }
    }

    /// Runs a task until it is over or the network closes.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<AbortHandle> {
        let (abort, registration) = AbortHandle::new_pair();
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.next_task += 1;
        let number = state.next_task;
        state.running += 1;
        state.tasks.insert(number, abort.clone());
        drop(state);
        let inner = self.clone();
        let task = Abortable::new(task, registration).map(move |_| {
            let mut state = inner.state();
            state.running -= 1;
            state.tasks.remove(&number);
            drop(state);
            inner.task_over.notify_waiters();
        });
        match self.door.runtime() {
            Some(runtime) => {
                runtime.spawn(task);
            }
            None => self.door.spawn(task).detach(),
        }
        Some(abort)
    }

    /// Runs work where the node's tasks run, and returns what came of it; none if the network was
    /// closed.
    fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let (sender, output) = oneshot::channel();
        self.spawn(async move {
            // Whoever gave up does not miss it.
            let _ = sender.send(work.await);
        });
        output.map(Result::ok)
    }

    /// Tells the other nodes what this one wants to hear, whenever that changes.
    fn announce_interests(self: Arc<Self>) {
        let inner = self.clone();
        let mut watch = self.door.watch_interests();
        self.spawn(async move {
            loop {
                watch.changed().await;
                for channel in inner.peers.live() {
                    channel.announce(inner.door.interests()).await;
                }
            }
        });
    }

    /// Ends all channels: answers that are under way leave within the node's grace time, and what
    /// is queued for writing.
    async fn close(&self) {
        self.state().closing = true;
        self.peers.channels().iter().for_each(|channel| channel.stop());
        if self.timer.limit(self.door.grace(), self.peers.all_over()).await.is_none() {
            self.peers.channels().iter().for_each(|channel| channel.leave());
            // Those that do not close in time are dropped.
            let _ = self.timer.limit(CLOSE_LIMIT, self.peers.all_over()).await;
        }
        self.abandon();
        // Until then, ports are in use. A task that is on a thread which is busy is not waited for.
        let _ = self.timer.limit(CLOSE_LIMIT, self.no_tasks()).await;
    }

    async fn no_tasks(&self) {
        loop {
            let over = self.task_over.notified();
            if self.state().running == 0 {
                return;
            }
            over.await;
        }
    }

    /// Drops all tasks, and the channels with them.
    fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        let tasks = std::mem::take(&mut state.tasks);
        drop(state);
        tasks.values().for_each(AbortHandle::abort);
    }
}

impl Exchange for Network {
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let scheme = address.endpoint.as_ref().map(Endpoint::scheme);
        let known = scheme.is_some_and(|scheme| self.inner.transport(scheme).is_some())
            || address.node.is_some_and(|node| self.inner.peers.channel(node).is_some());
        known.then(|| NodePeer::of(&self.inner, address) as Arc<dyn Peer>)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        self.inner.endpoints()
    }

    fn published(&self, publication: &Publication) {
        let lost = |channel: &Arc<Channel>| !channel.publish(publication);
        let lost = self.inner.peers.live().iter().filter(|channel| lost(channel)).count();
        if lost > 0 {
            tracing::debug!(topic = %publication.topic(), lost, "other nodes missed a publication");
        }
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let inner = self.inner.clone();
        Box::pin(async move { inner.door.driven(inner.close()).await })
    }

    fn abandon(&self) {
        self.inner.abandon();
    }
}

/// Gives nodes a network.
pub trait NetworkExt {
    /// Returns the node's network, with the usual settings if it has none yet.
    fn network(&self) -> Arc<Network>;

    /// Listens at an endpoint, as in `tcp://127.0.0.1:5555`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// See [`Network::listen`].
    fn listen(&self, endpoint: &str) -> impl Future<Output = Result<Listener, ListenError>> + Send;

    /// Connects to the agent at an address, as in `tcp://127.0.0.1:5555/counter`; await it for the
    /// handle.
    ///
    /// The agent may be one of this node. What leads to the address is given to the node, with the
    /// usual settings, if it has none yet.
    fn connect<A: Target + ?Sized + 'static>(&self, address: &str) -> Connect<Handle<A>>;

    /// Connects to the agent at an address, whatever its type; await it for the handle.
    fn connect_any(&self, address: &str) -> Connect<AnyHandle>;
}

impl NetworkExt for Node {
    fn network(&self) -> Arc<Network> {
        let found = self.exchange::<Network>();
        found.unwrap_or_else(|| Network::attach(self, Settings::default()))
    }

    async fn listen(&self, endpoint: &str) -> Result<Listener, ListenError> {
        self.network().listen(endpoint).await
    }

    fn connect<A: Target + ?Sized + 'static>(&self, address: &str) -> Connect<Handle<A>> {
        attach_for(self, address);
        Connect::new(self, address)
    }

    fn connect_any(&self, address: &str) -> Connect<AnyHandle> {
        attach_for(self, address);
        Connect::new(self, address)
    }
}

/// Gives a node what leads to an address.
fn attach_for(node: &Node, address: &str) {
    #[cfg(feature = "aiomas")]
    if address.starts_with("aiomas+") {
        crate::aiomas::AiomasExt::aiomas(node);
        return;
    }
    #[cfg(feature = "academy")]
    if crate::academy::leads_to(address) {
        crate::academy::AcademyExt::academy(node);
        return;
    }
    let _ = address;
    node.network();
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints = self.inner.endpoints();
        f.debug_struct("Network").field("endpoints", &endpoints).finish_non_exhaustive()
    }
}
