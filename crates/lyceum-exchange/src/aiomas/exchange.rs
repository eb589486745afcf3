//! The exchange: agents of other containers, reached from a node.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::Node;
use lyceum_core::exchange::{Exchange, Peer};
use lyceum_wire::{Address, AgentKey, Endpoint};

use super::Listen;
use super::hub::Hub;
use crate::Transport;
#[cfg(feature = "tls")]
use crate::transport::attentive::LOOKING;

/// Everything of the aiomas wire that belongs to one node. Made by [`AiomasExt::aiomas`].
pub struct Aiomas(Arc<Hub>);

/// Lets a node reach agents of aiomas, and be reached.
///
/// Once [`aiomas`](Self::aiomas) was called, addresses as `aiomas+tcp://127.0.0.1:5555/0` and
/// `aiomas+ipc://[/run/house.sock]/0?codec=msgpack` lead to agents of containers, and handles of
/// them can be kept, passed on and called like any other.
///
/// ```no_run
/// use lyceum::prelude::*;
/// use lyceum_exchange::aiomas::AiomasExt;
/// use serde_json::json;
///
/// # #[derive(Default)] struct Clerk;
/// # #[agent] impl Clerk { #[action] fn greet(&self, name: String) -> String { name } }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let listening = node.listen_aiomas("aiomas+tcp://127.0.0.1:0?codec=msgpack").await?;
/// let clerk = node.launch(Clerk).await?;
/// println!("container.connect('{}')", listening.agent_url(&clerk.any()).unwrap_or_default());
///
/// let callee = node.connect_any("aiomas+tcp://127.0.0.1:5555/0?codec=msgpack").await?;
/// let spam = callee.call("spam", json!([3])).await?;
/// assert_eq!(spam, json!("spamspamspam"));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub trait AiomasExt {
    /// Lets the node reach agents of aiomas; the same thing each time.
    fn aiomas(&self) -> Arc<Aiomas>;

    /// Lets containers of aiomas reach the node's agents at a URL; await it.
    ///
    /// Names and ids of agents are their ids there. Port 0 is any free one.
    fn listen_aiomas(&self, url: &str) -> Listen;
}

impl AiomasExt for Node {
    fn aiomas(&self) -> Arc<Aiomas> {
        self.exchange_or_attach(|| Aiomas(Arc::new(Hub::new(self))))
    }

    fn listen_aiomas(&self, url: &str) -> Listen {
        Listen::new(self, self.aiomas().0.clone(), url)
    }
}

impl Aiomas {
    /// Lets URLs name a further transport: `aiomas+SCHEME://..`.
    pub fn add_transport(&self, transport: Arc<dyn Transport>) {
        self.0.add_transport(transport);
    }

    /// Lets URLs be `aiomas+tls://HOST:PORT`, with certificates on both sides. In aiomas that is a
    /// container with `ssl=SSLCerts(cafile, certfile, keyfile)`.
    #[cfg(feature = "tls")]
    pub fn certificates(&self, certificates: crate::Certificates) {
        self.0.add_transport(crate::transport::tls(certificates, LOOKING));
    }
}

impl Exchange for Aiomas {
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let endpoint = address.endpoint.as_ref()?;
        self.0.site(endpoint).map(|site| site as Arc<dyn Peer>)
    }

    fn own(&self, address: &Address) -> Option<AgentKey> {
        self.0.listened(address)
    }

    /// None: an address of this wire says less than the node's own, and containers get proxies.
    fn endpoints(&self) -> Vec<Endpoint> {
        Vec::new()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let hub = self.0.clone();
        async move { hub.close().await }.boxed()
    }
}

impl fmt::Debug for Aiomas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aiomas({})", self.0.door.node_id())
    }
}
