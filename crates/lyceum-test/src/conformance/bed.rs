//! Nodes for a suite.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use lyceum::network::{Network, NetworkExt, Settings};
use lyceum::{Handle, Node};
use tokio::runtime::Runtime;

use super::probe::Probe;
use crate::SimulatedNetwork;

/// Where the nodes of a suite live, and how they reach each other.
pub struct Bed {
    ground: Ground,
    settings: Settings,
}

enum Ground {
    /// Each node has a runtime of its own.
    Real(String),
    /// All nodes are in one world.
    World(Node, String),
    Simulated(SimulatedNetwork),
}

/// A node of a suite.
pub struct Member {
    node: Node,
    runtime: Option<Runtime>,
    endpoint: String,
}

impl Bed {
    /// Makes nodes on runtimes of their own. The first of each test listens at the endpoint.
    pub fn real(endpoint: impl Into<String>) -> Self {
        Self { ground: Ground::Real(endpoint.into()), settings: Settings::default() }
    }

    /// Makes nodes of one world, which reach each other by what every node has.
    pub fn world(seed: u64, endpoint: impl Into<String>) -> Self {
        let ground = Ground::World(Node::simulated(seed), endpoint.into());
        Self { ground, settings: Settings::default() }
    }

    /// Makes nodes of a simulated network.
    pub fn simulated(seed: u64) -> Self {
        let ground = Ground::Simulated(SimulatedNetwork::new(seed));
        Self { ground, settings: Settings::default() }
    }

    /// Gives the nodes' networks other settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Makes a node that does not listen.
    pub(super) fn member(&self) -> Member {
        let (node, runtime) = match &self.ground {
            Ground::Real(_) => {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .expect("the system gives a runtime its resources");
                let node = Node::builder().runtime(runtime.handle().clone()).build();
                (node.expect("the runtime has timers"), Some(runtime))
            }
            Ground::World(world, _) => (Node::builder().beside(world), None),
            Ground::Simulated(network) => {
                (network.node_with("member", self.settings.clone()), None)
            }
        };
        if node.exchange::<Network>().is_none() {
            Network::attach(&node, self.settings.clone());
        }
        Member { node, runtime, endpoint: String::new() }
    }

    /// Makes a node that listens, with an agent called `probe`.
    pub(super) async fn server(&self) -> Member {
        let endpoint = match &self.ground {
            Ground::Real(endpoint) | Ground::World(_, endpoint) => endpoint,
            Ground::Simulated(_) => "sim://member",
        };
        self.server_at(endpoint).await
    }

    /// The same, at an endpoint that was used before.
    pub(super) async fn server_at(&self, endpoint: &str) -> Member {
        let mut member = self.member();
        member.node.launch(Probe::default()).named("probe").await.expect("the probe starts");
        let listener = member.node.listen(endpoint).await.expect("nobody else listens there");
        member.endpoint = listener.endpoint().to_string();
        member
    }

    /// Makes a server, a client, and the client's handle of the server's probe.
    pub(super) async fn pair(&self) -> (Member, Member, Handle<Probe>) {
        let (server, client) = (self.server().await, self.member());
        let probe = client.probe_of(&server).await;
        (server, client, probe)
    }
}

impl Member {
    /// Returns where the node listens.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Connects to the probe of another node.
    pub(super) async fn probe_of(&self, server: &Member) -> Handle<Probe> {
        let address = format!("{}/probe", server.endpoint);
        let address = match server.endpoint.strip_prefix("unix://") {
            Some(path) => format!("unix://{path}#probe"),
            None => address,
        };
        let connect = self.connect::<Probe>(&address).patience(Duration::from_secs(10));
        connect.await.expect("the server is there")
    }

    /// Ends the node as if its process were killed.
    pub(super) fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Deref for Member {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // A runtime must not be dropped where another one runs.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Bed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bed").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({:?} at `{}`)", self.node, self.endpoint)
    }
}
