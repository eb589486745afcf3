//! The way to children: over the network to whichever process has the agent now.

use std::fmt;
use std::sync::{Arc, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::{Door, Exchange, Fault, Peer, Question, Remote, Reply, Request};
use lyceum_core::{AnyHandle, CallError};
use lyceum_wire::{Address, AgentKey, Endpoint, NodeId};
use serde_json::Value;

use super::Children;
use super::child::{Child, Seat, Way};
use crate::siblings::SCHEME;

/// The exchange that leads from the manager's node to its children.
#[derive(Debug)]
pub(super) struct Nursery(Weak<Children>);

/// The node of a child, whichever process it is now.
struct ChildPeer(Arc<Child>);

impl Nursery {
    pub(super) fn of(children: &Arc<Children>) -> Arc<Self> {
        Arc::new(Self(Arc::downgrade(children)))
    }
}

impl Children {
    /// Returns a handle of a child.
    pub(super) fn revive(&self, child: &Child) -> Option<AnyHandle> {
        if let Seat::Here(agent) = &child.seat {
            return agent.get().cloned();
        }
        let endpoint = Endpoint::new(SCHEME, &child.number.to_string());
        let agent = AgentKey::Name(child.name.clone());
        Door::of(&self.node).revive(&Address { node: None, endpoint, agent }).ok()
    }

    /// Returns what leads to a node that is connected now.
    pub(super) fn peer(&self, node: NodeId, child: &Child) -> Option<Arc<dyn Peer>> {
        let agent = AgentKey::Name(child.name.clone());
        self.network.upgrade()?.peer(&Address { node: Some(node), endpoint: None, agent })
    }
}

impl Exchange for Nursery {
    fn peer(&self, address: &Address) -> Option<Arc<dyn Peer>> {
        let endpoint = address.endpoint.as_ref().filter(|endpoint| endpoint.scheme() == SCHEME)?;
        let number: u64 = endpoint.location().parse().ok()?;
        let child = self.0.upgrade()?.table().numbered(number)?;
        Some(Arc::new(ChildPeer(child)))
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let children = self.0.upgrade();
        async move {
            if let Some(children) = children {
                children.close().await;
            }
        }
        .boxed()
    }
}

impl Child {
    /// Waits until its node is reached, and so are those of its siblings; says why not once it is
    /// gone for good.
    async fn peer(&self) -> Result<Arc<dyn Peer>, String> {
        let way = self.up().await?;
        self.assembled().await;
        match way {
            Way::Peer(peer) => Ok(peer),
            Way::Here => Err("it is on the manager's own node".into()),
        }
    }
}

impl ChildPeer {
    fn gone<E>(
        &self,
        agent: &AgentKey,
        verb: &str,
        request: Option<Request>,
        why: String,
    ) -> CallError<E> {
        let remote = Remote::new(Arc::new(Self(self.0.clone())), agent.clone(), None);
        let message = request.and_then(|request| request.message.undelivered());
        CallError::Terminated(remote.fault(verb).with_detail(why).with_message(message))
    }
}

/// Messages wait while the child restarts, as they do in the mailbox of an agent that does.
impl Peer for ChildPeer {
    /// Returns the address that others know, too: where the child's node listens. Before that is
    /// known, only the manager's own node and those of its children know what it means.
    fn address(&self, agent: &AgentKey) -> Address {
        let numbered = || Endpoint::new(SCHEME, &self.0.number.to_string());
        let endpoint = self.0.reached_at().or_else(numbered);
        Address { node: None, endpoint, agent: agent.clone() }
    }

    fn send(&self, agent: &AgentKey, request: Request) -> BoxFuture<'static, Result<Reply, Fault>> {
        let (this, agent) = (Self(self.0.clone()), agent.clone());
        async move {
            match this.0.peer().await {
                Ok(peer) => peer.send(&agent, request).await,
                Err(why) => {
                    let action = request.message.action().to_owned();
                    Err(this.gone(&agent, &action, Some(request), why))
                }
            }
        }
        .boxed()
    }

    fn ask(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> BoxFuture<'static, Result<Value, CallError>> {
        let (this, agent) = (Self(self.0.clone()), agent.clone());
        async move {
            match this.0.peer().await {
                Ok(peer) => peer.ask(&agent, question).await,
                Err(why) => Err(this.gone(&agent, "ask", None, why)),
            }
        }
        .boxed()
    }
}

impl fmt::Debug for ChildPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildPeer({})", self.0.name)
    }
}
