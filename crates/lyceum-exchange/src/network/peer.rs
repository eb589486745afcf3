//! Another node, as the core sees it.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures_util::future::BoxFuture;
use lyceum_core::CallError;
use lyceum_core::exchange::{Fault, Peer, Question, Remote, Reply, Request};
use lyceum_wire::{Address, AgentKey, Endpoint, NodeId};
use serde_json::Value;

use super::Inner;
use super::turnstile::{Sender, Turn};
use crate::channel::Channel;

/// Another node: by its id, by an endpoint, or by both.
#[derive(Clone)]
pub(super) struct NodePeer(Arc<Whereabouts>);

struct Whereabouts {
    network: Weak<Inner>,
    /// The node that is meant; none if whichever listens at the endpoint will do.
    node: Option<NodeId>,
    endpoint: Option<Endpoint>,
    /// Stands for the node in the turnstile.
    lane: u64,
}

/// Returns what stands for a node in the turnstile.
fn lane(address: &Address) -> u64 {
    let mut hasher = DefaultHasher::new();
    match address.node {
        Some(node) => node.hash(&mut hasher),
        None => address.endpoint.hash(&mut hasher),
    }
    hasher.finish()
}

/// How many nodes are remembered that handles lead to.
const REMEMBERED: usize = 4_096;

/// The nodes that handles lead to, so that all handles of one share what is known of it.
#[derive(Default)]
pub(super) struct Remembered(Mutex<HashMap<Place, Weak<NodePeer>>>);

/// What an address says of where a node is.
type Place = (Option<NodeId>, Option<Endpoint>);

impl Remembered {
    /// Returns the node at a place, or makes it.
    fn peer(&self, place: Place, make: impl FnOnce() -> NodePeer) -> Arc<NodePeer> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = known.get(&place).and_then(Weak::upgrade) {
            return peer;
        }
        let peer = Arc::new(make());
        if known.len() >= REMEMBERED {
            known.retain(|_, peer| peer.strong_count() > 0);
        }
        // Beyond that many nodes at once, handles do not share.
        if known.len() < REMEMBERED {
            known.insert(place, Arc::downgrade(&peer));
        }
        peer
    }
}

impl NodePeer {
    /// Returns the peer that an address leads to.
    pub(super) fn of(network: &Arc<Inner>, address: &Address) -> Arc<Self> {
        network.remembered.peer((address.node, address.endpoint.clone()), || {
            Self(Arc::new(Whereabouts {
                network: Arc::downgrade(network),
                node: address.node,
                endpoint: address.endpoint.clone(),
                lane: lane(address),
            }))
        })
    }

    /// Finds or makes a channel.
    async fn channel(&self) -> Result<Arc<Channel>, Unreachable> {
        let gone = || Unreachable::Lost("the node's network was closed".into());
        let network = self.0.network.upgrade().ok_or_else(gone)?;
        if let Some(channel) = self.0.node.and_then(|node| network.peers.channel(node)) {
            return Ok(channel);
        }
        let Some(endpoint) = &self.0.endpoint else {
            return Err(Unreachable::Lost("there is no channel to its node any more".into()));
        };
        let channel = network.reach(endpoint).await;
        let channel = channel.map_err(|error| Unreachable::Lost(error.to_string()))?;
        match self.0.node {
            Some(node) if node != channel.node => Err(Unreachable::Replaced(channel.node)),
            _ => Ok(channel),
        }
    }

    /// Takes a place behind all earlier messages of a sender to the node.
    fn turn(&self, sender: Sender) -> Option<Turn> {
        Some(self.0.network.upgrade()?.turnstile.enter(sender, self.0.lane))
    }

    fn remote(&self, agent: &AgentKey) -> Remote {
        Remote::new(Arc::new(self.clone()), agent.clone(), None)
    }
}

/// Why there is no channel.
enum Unreachable {
    Lost(String),
    /// Another node listens there now.
    Replaced(NodeId),
}

impl Unreachable {
    fn error<E>(self, remote: &Remote, verb: &str, request: Option<Request>) -> CallError<E> {
        let fault = remote.fault(verb);
        let message = request.and_then(|request| request.message.undelivered());
        match self {
            Self::Lost(why) => {
                CallError::Disconnected(fault.with_detail(why).with_message(message))
            }
            Self::Replaced(node) => {
                let detail = format!("its node is gone, and node {node} listens there now");
                CallError::Terminated(fault.with_detail(detail).with_message(message))
            }
        }
    }
}

impl Peer for NodePeer {
    fn address(&self, agent: &AgentKey) -> Address {
        Address { node: self.0.node, endpoint: self.0.endpoint.clone(), agent: agent.clone() }
    }

    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>> {
        let remote = self.remote(agent);
        let this = self.clone();
        Box::pin(async move {
            let sender = Sender::of(&request);
            let turn = this.turn(sender);
            if let Some(turn) = &turn {
                turn.come().await;
            }
            match this.channel().await {
                Ok(channel) => channel.send(&remote, request, sender, turn).await,
                Err(unreachable) => {
                    let action = request.message.action().to_owned();
                    Err(unreachable.error(&remote, &action, Some(request)))
                }
            }
        })
    }

    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Value, CallError>> {
        let remote = self.remote(agent);
        let this = self.clone();
        Box::pin(async move {
            match this.channel().await {
                Ok(channel) => channel.ask(&remote, question).await,
                Err(unreachable) => Err(unreachable.error(&remote, "ask", None)),
            }
        })
    }
}

impl fmt::Debug for NodePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodePeer")
            .field("node", &self.0.node)
            .field("endpoint", &self.0.endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer() -> NodePeer {
        let network = Weak::new();
        NodePeer(Arc::new(Whereabouts { network, node: None, endpoint: None, lane: 0 }))
    }

    #[test]
    fn handles_of_one_node_share_what_is_known_of_it() {
        let known = Remembered::default();
        let place = |node| (Some(NodeId::new(node)), None);

        let first = known.peer(place(1), peer);
        assert!(Arc::ptr_eq(&first, &known.peer(place(1), peer)));
        assert!(!Arc::ptr_eq(&first, &known.peer(place(2), peer)));
    }

    #[test]
    fn nodes_that_no_handle_leads_to_make_room_for_others() {
        let known = Remembered::default();
        let place = |node| (Some(NodeId::new(node)), None);
        for node in 0..2 * REMEMBERED as u64 {
            known.peer(place(node), peer);
        }

        let kept = known.peer(place(0), peer);
        assert!(Arc::ptr_eq(&kept, &known.peer(place(0), peer)));
        assert!(known.0.lock().unwrap().len() <= REMEMBERED);
    }
}
