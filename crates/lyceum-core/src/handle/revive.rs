//! Handles in messages: written as an address, and revived where they arrive.

use std::borrow::Cow;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use lyceum_wire::{Address, AgentKey, HANDLE};
use serde::de::{self, Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{AnyHandle, Handle};
use crate::cell;
use crate::exchange::Remote;
use crate::node::{self, Shared, may_be};
use crate::{Recipient, Target};

/// Says why an address is no handle here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReviveError {
    /// The address is of a node that is neither in this process nor reached by an exchange.
    #[error(
        "cannot revive a handle of `{0}`: its node is not in this process, and no exchange of this \
         one leads there"
    )]
    NoNode(Address),
    /// No agent goes by that address any more.
    #[error("cannot revive a handle of `{0}`: no agent goes by that address")]
    NoAgent(Address),
    /// The agent is of another type.
    #[error("cannot revive a handle of `{address}`: expected {expected}, found {found}")]
    OtherType {
        /// The address.
        address: Address,
        /// The type or interface that was expected.
        expected: &'static str,
        /// The agent's type.
        found: String,
    },
}

/// Returns the recipient at an address, seen from the node that runs on this thread, or else from
/// the node that has the agent.
fn recipient_of(address: &Address) -> Result<Recipient, ReviveError> {
    let here = cell::with_current(cell::Frame::node_id);
    match here.and_then(node::by_id) {
        Some(node) => recipient_at(&node, address),
        None => in_process(None, address),
    }
}

/// Runs `work` so that handles that it decodes are revived for a node.
pub(crate) fn reviving<T>(node: &Shared, work: impl FnOnce() -> T) -> T {
    if cell::with_current(cell::Frame::node_id) == Some(node.id) {
        return work();
    }
    let frame = cell::Frame::new(NonNull::from(node), None, None, false);
    let _entered = frame.enter();
    work()
}

/// Returns the recipient at an address, seen from a node: one of its own agents, one that an
/// exchange leads to, or one of another node of this process.
pub(crate) fn recipient_at(
    node: &Arc<Shared>,
    address: &Address,
) -> Result<Recipient, ReviveError> {
    let own = own_key(node, address).cloned().or_else(|| node.exchanges.own(address));
    if let Some(own) = own {
        let agent = node.registry.by_key(&own);
        return agent.map(Recipient::from).ok_or_else(|| ReviveError::NoAgent(address.clone()));
    }
    match node.exchanges.peer(address) {
        Some(peer) => {
            let remote = Remote::new(peer, address.agent.clone(), None);
            Ok(Recipient::remote(node.clone(), remote))
        }
        None => in_process(Some(node), address),
    }
}

/// Returns the key of the node's own agent that an address means.
fn own_key<'a>(node: &Shared, address: &'a Address) -> Option<&'a AgentKey> {
    let own = match (address.node, &address.endpoint) {
        (Some(id), _) => id == node.id,
        (None, Some(endpoint)) => node.exchanges.is_at(endpoint),
        (None, None) => false,
    };
    own.then_some(&address.agent)
}

/// Finds an agent of any node of the process. Simulated nodes of one world do not see each other.
fn in_process(from: Option<&Shared>, address: &Address) -> Result<Recipient, ReviveError> {
    let node = address.node.and_then(node::by_id);
    let apart =
        |node: &Shared| from.is_some_and(|from| from.id != node.id && from.is_simulated_with(node));
    let node = node.filter(|node| !apart(node));
    let node = node.ok_or_else(|| ReviveError::NoNode(address.clone()))?;
    let agent = node.registry.by_key(&address.agent);
    agent.map(Recipient::from).ok_or_else(|| ReviveError::NoAgent(address.clone()))
}

impl AnyHandle {
    /// Returns a handle of the agent at an address, without asking it.
    ///
    /// # Errors
    ///
    /// Says whether the node or the agent is missing, where that is known here.
    pub fn revive(address: &Address) -> Result<Self, ReviveError> {
        recipient_of(address).map(Self::of)
    }
}

impl<A: Target + ?Sized> Handle<A> {
    /// Returns a handle of the agent at an address, without asking it.
    ///
    /// # Errors
    ///
    /// Says whether the node or the agent is missing, or is of another type, where that is known
    /// here.
    pub fn revive(address: &Address) -> Result<Self, ReviveError> {
        let recipient = recipient_of(address)?;
        if may_be::<A>(&recipient) {
            return Ok(Self::of(recipient));
        }
        let (expected, found) = (A::NAME, recipient.type_name().into());
        Err(ReviveError::OtherType { address: address.clone(), expected, found })
    }
}

impl<A: Target + ?Sized> Serialize for Handle<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(HANDLE, &self.address())
    }
}

impl<'de, A: Target + ?Sized> Deserialize<'de> for Handle<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = deserializer.deserialize_newtype_struct(HANDLE, AddressVisitor)?;
        Self::revive(&address).map_err(D::Error::custom)
    }
}

impl Serialize for AnyHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(HANDLE, &self.address())
    }
}

impl<'de> Deserialize<'de> for AnyHandle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = deserializer.deserialize_newtype_struct(HANDLE, AddressVisitor)?;
        Self::revive(&address).map_err(D::Error::custom)
    }
}

/// Reads the address in a handle, which most formats have as a text like any other.
struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address of an agent")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Address, D::Error> {
        Address::deserialize(inside)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
        text.parse().map_err(E::custom)
    }
}

/// The schema of a handle: its address as text.
fn schema(name: &str) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "description": format!("the address of an agent: {name}"),
        "pattern": "^[a-z][a-z0-9+]*://",
    })
}

impl<A: Target + ?Sized> schemars::JsonSchema for Handle<A> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Handle<{}>", A::NAME).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema(A::NAME)
    }
}

impl schemars::JsonSchema for AnyHandle {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyHandle".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("any")
    }
}
