//! Agents of other nodes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use lyceum_wire::{Address, AgentKey};

use super::Peer;
use crate::error::CallFault;

/// An agent of another node: who leads to it, and how it is called there.
#[derive(Clone)]
pub struct Remote {
    peer: Arc<dyn Peer>,
    agent: AgentKey,
    kind: Option<Arc<RemoteKind>>,
}

/// What is known here of the type of an agent elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteKind {
    /// The name of the type.
    pub name: String,
    /// The names of its interfaces, where they are known.
    pub interfaces: Option<Vec<String>>,
}

impl Remote {
    /// Makes a reference to an agent whose type is known, or not yet.
    pub fn new(peer: Arc<dyn Peer>, agent: AgentKey, kind: Option<Arc<RemoteKind>>) -> Self {
        Self { peer, agent, kind }
    }

    /// Returns who leads to it.
    pub fn peer(&self) -> &Arc<dyn Peer> {
        &self.peer
    }

    /// Returns how it is called there.
    pub fn agent(&self) -> &AgentKey {
        &self.agent
    }

    /// Returns its address.
    pub fn address(&self) -> Address {
        self.peer.address(&self.agent)
    }

    /// Returns the name of its type, as far as it is known.
    pub fn type_name(&self) -> &str {
        self.kind.as_ref().map_or("Agent", |kind| &kind.name)
    }

    /// Returns whether it may have a type or interface: what is not known is not ruled out.
    pub(crate) fn may_be(&self, name: &str) -> bool {
        let known = |kind: &Arc<RemoteKind>| {
            let is_named = |interfaces: &Vec<String>| interfaces.iter().any(|own| own == name);
            kind.name == name || kind.interfaces.as_ref().is_none_or(is_named)
        };
        self.kind.as_ref().is_none_or(known)
    }

    /// Begins the report of a message that failed on its way there.
    pub fn fault(&self, action: &str) -> Box<CallFault> {
        CallFault::of(self.type_name(), self.address(), action)
    }
}

impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        self.agent == other.agent
            && (Arc::ptr_eq(&self.peer, &other.peer) || self.address() == other.address())
    }
}

impl Eq for Remote {}

impl Hash for Remote {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.agent.hash(state);
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}('{}')", self.type_name(), self.address())
    }
}
