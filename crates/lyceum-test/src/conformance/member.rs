//! A node of a suite.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use lyceum::network::NetworkExt;
use lyceum::{Handle, Node};
use tokio::runtime::Runtime;

use super::office::Desk;
use super::probe::Probe;

/// A node of a suite.
pub struct Member {
    node: Node,
    runtime: Option<Runtime>,
    /// Where it listens, or the address of its mailbox.
    endpoint: String,
    desk: Option<Box<dyn Desk>>,
}

/// Makes a runtime for one node.
pub(super) fn runtime() -> Runtime {
    let builder = &mut tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.expect("the system gives a runtime its resources")
}

impl Member {
    pub(super) fn new(node: Node, runtime: Option<Runtime>) -> Self {
        Self { node, runtime, endpoint: String::new(), desk: None }
    }

    /// Returns where others find the node.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Notes where the node listens.
    pub(super) fn listens_at(&mut self, endpoint: &str) {
        self.endpoint = endpoint.into();
    }

    /// Notes the mailbox of the node's probe.
    pub(super) fn take(&mut self, desk: Box<dyn Desk>) {
        self.endpoint = desk.address();
        self.desk = Some(desk);
    }

    /// Returns the mailbox of the node's probe.
    pub(super) fn desk(&self) -> &dyn Desk {
        self.desk.as_deref().expect("an exchange without mailboxes has no chapter of them")
    }

    /// Returns the probe of this very node.
    pub(super) fn own_probe(&self) -> Handle<Probe> {
        self.find().name("probe").expect("it was launched under that name")
    }

    /// Connects to the probe of another node.
    pub(super) async fn probe_of(&self, server: &Member) -> Handle<Probe> {
        let endpoint = &server.endpoint;
        let address = match (&server.desk, endpoint.strip_prefix("unix://")) {
            (Some(_), _) => endpoint.clone(),
            (None, Some(path)) => format!("unix://{path}#probe"),
            (None, None) => format!("{endpoint}/probe"),
        };
        self.reach(&address).await
    }

    /// Connects to a probe at an address.
    pub(super) async fn reach(&self, address: &str) -> Handle<Probe> {
        let connect = self.connect::<Probe>(address).patience(Duration::from_secs(10));
        connect.await.expect("the agent is there")
    }

    /// Waits until the node's probe was sent so many messages.
    pub(super) async fn has_received(&self, messages: u64) {
        let own = self.own_probe();
        while own.stats().await.expect("it lives").received < messages {
            self.sleep(Duration::from_millis(1)).await;
        }
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

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({:?} at `{}`)", self.node, self.endpoint)
    }
}
