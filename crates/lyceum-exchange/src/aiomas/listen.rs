//! Listening: the agents of a node, as other containers reach them.

use std::fmt;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::{AnyHandle, Node};
use lyceum_wire::{AddressError, AgentKey, Endpoint};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Manager;
use super::driver::Driver;
use super::hub::{Accepted, Hub};
use super::manager::MANAGER_AID;
use super::open::OpenError;
use super::session::{Reception, Session, accepted_endpoint};
use super::url::{agent_url, transport_of};
use crate::{ByteStream, TransportListener};

/// Connections that a listener accepts.
const CONNECTION_LIMIT: usize = 1024;

/// How long to wait after the network failed to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long answers that are written already may take to be sent when a listener is closed.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Listening in the making; await it. Made by
/// [`AiomasExt::listen_aiomas`](super::AiomasExt::listen_aiomas).
///
/// # Cancel safety
///
/// Dropping it listens nowhere.
#[must_use = "this does nothing unless awaited"]
pub struct Listen {
    node: Node,
    hub: Arc<Hub>,
    url: Result<Endpoint, AddressError>,
    is_exposed: bool,
    manager: Option<Arc<Manager>>,
}

/// Where the agents of a node are reached, until that is stopped or the node ends.
pub struct Listening {
    hub: std::sync::Weak<Hub>,
    url: Endpoint,
    endpoint: Endpoint,
    has_manager: bool,
    /// `None` once it was stopped.
    task: Mutex<Option<Tasks>>,
}

/// The task that accepts connections, and ends those with it.
struct Tasks {
    stop: tokio::sync::oneshot::Sender<()>,
    accepting: JoinSet<()>,
}

impl Listen {
    pub(super) fn new(node: &Node, hub: Arc<Hub>, url: &str) -> Self {
        Self { node: node.clone(), hub, url: url.parse(), is_exposed: false, manager: None }
    }

    /// Gives the id 0 to a manager: others can spawn agents, set the time and stop.
    pub fn manager(mut self, manager: Manager) -> Self {
        self.manager = Some(Arc::new(manager));
        self
    }

    /// Lets others than this machine connect. The wire has no credentials: whoever can connect can
    /// call every action of every agent.
    pub fn exposed(mut self) -> Self {
        self.is_exposed = true;
        self
    }

    async fn run(self) -> Result<Arc<Listening>, OpenError> {
        let url = self.url?;
        let runtime = self.hub.door.runtime();
        let runtime = runtime.ok_or_else(|| OpenError::Simulated(url.clone()))?;
        let destination = self.hub.find(&url)?;
        if !self.is_exposed && destination.is_exposed() {
            return Err(OpenError::Exposed(url));
        }
        if self.manager.is_some() {
            self.hub.reserve_manager(&self.node).await?;
        }
        let ended = || OpenError::Ended(url.clone());
        let listen = destination.clone();
        // On the node's runtime, whoever waits.
        let bound = self.hub.door.spawn(async move { listen.listen().await });
        let (listener, bound) = bound.await.ok_or_else(ended)??;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let has_manager = self.manager.is_some();
        let manager = self.manager.map(|manager| (manager, self.node));
        let door = Reception { url: bound.clone(), profile: destination.profile, manager };
        let accepting = Accepting { hub: self.hub.clone(), door: Arc::new(door) };
        let mut task = JoinSet::new();
        task.spawn_on(accepting.run(listener, stopped), &runtime);
        let listening = Arc::new(Listening {
            hub: Arc::downgrade(&self.hub),
            endpoint: transport_of(&bound).ok_or_else(|| OpenError::Scheme(bound.clone()))?,
            url: bound,
            has_manager,
            task: Mutex::new(Some(Tasks { stop, accepting: task })),
        });
        self.hub.keep(listening.clone());
        Ok(listening)
    }
}

impl IntoFuture for Listen {
    type Output = Result<Arc<Listening>, OpenError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

impl Listening {
    /// Returns where it listens, with the port that it got.
    pub fn url(&self) -> &Endpoint {
        &self.url
    }

    /// Returns the URL of an agent of the node as aiomas writes it: `tcp://127.0.0.1:5555/7`.
    ///
    /// `None` if the transport is none of aiomas's.
    pub fn agent_url(&self, agent: &AnyHandle) -> Option<String> {
        agent_url(&self.endpoint, &agent.key().to_string())
    }

    /// Stops to listen, and closes the connections that were accepted.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes them at once.
    pub async fn stop(&self) {
        self.close().await;
        if let Some(hub) = self.hub.upgrade() {
            hub.forget(self);
        }
    }

    pub(super) async fn close(&self) {
        let tasks = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Tasks { stop, mut accepting }) = tasks else { return };
        // If the task has ended, there is nothing to be stopped.
        let _ = stop.send(());
        // What takes longer is dropped.
        let _ = timeout(CLOSE_LIMIT, accepting.join_next()).await;
    }

    /// Returns whether a transport that leads to that endpoint leads to the agent itself here.
    pub(super) fn is_at(&self, transport: &Endpoint, agent: &AgentKey) -> bool {
        if self.has_manager && agent.to_string() == MANAGER_AID {
            return false;
        }
        self.endpoint == *transport || is_alias(&self.endpoint, transport)
    }
}

/// Returns whether both are the same port of this machine.
fn is_alias(one: &Endpoint, other: &Endpoint) -> bool {
    let is_here = |endpoint: &Endpoint| {
        let (host, port) = endpoint.location().rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |address: std::net::IpAddr| address.is_loopback();
        let is_here = host == "localhost" || host.parse().is_ok_and(is_loopback);
        is_here.then(|| port.to_owned())
    };
    one.scheme() == other.scheme() && is_here(one).is_some_and(|port| is_here(other) == Some(port))
}

/// Accepts connections.
struct Accepting {
    hub: Arc<Hub>,
    door: Arc<Reception>,
}

impl Accepting {
    async fn run(
        self,
        mut listener: Box<dyn TransportListener>,
        mut stopped: tokio::sync::oneshot::Receiver<()>,
    ) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok(stream) => self.take(stream, &mut connections),
                    Err(error) => {
                        tracing::warn!(url = %self.door.url, %error, "cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        self.hub.close_accepted(&self.door.url);
        while connections.join_next().await.is_some() {}
    }

    fn take(&self, stream: Box<dyn ByteStream>, connections: &mut JoinSet<()>) {
        if connections.len() >= CONNECTION_LIMIT {
            tracing::warn!(url = %self.door.url, CONNECTION_LIMIT, "refused a connection");
            return;
        }
        let number = self.hub.next_number();
        let there = accepted_endpoint(self.hub.door.node_id(), number);
        let session = Arc::new(Session::accepted(&self.hub, &self.door, there));
        let (link, driver) = Driver::new(stream, self.door.profile.clone(), session.clone());
        let url = self.door.url.clone();
        let enlisted = self.hub.enlist(number, Accepted { link, session, url });
        connections.spawn(async move {
            let closed = driver.await;
            tracing::debug!(%closed, "a connection ended");
            drop(enlisted);
        });
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listen").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listening({})", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_port_has_many_names() {
        let same = |one: &str, other: &str| {
            let (one, other): (Endpoint, Endpoint) = (one.parse().unwrap(), other.parse().unwrap());
            is_alias(&one, &other)
        };
        assert!(same("tcp://127.0.0.1:5", "tcp://localhost:5"));
        assert!(same("tcp://[::1]:5", "tcp://127.0.0.1:5"));
        assert!(!same("tcp://127.0.0.1:5", "tcp://127.0.0.1:6"));
        assert!(!same("tcp://127.0.0.1:5", "tcp://example.org:5"));
        assert!(!same("unix:///a", "unix:///b"));
    }
}
