//! Handles in messages: written as an address, and revived where they arrive.

use lyceum_wire::{Address, AgentKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{AnyHandle, Handle};
use crate::node::{self, offers};
use crate::{AgentRef, Target};

/// Says why an address is no handle here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReviveError {
    /// The address is of a node that is not in this process.
    #[error("cannot revive a handle of `{0}`: its node is not in this process")]
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
        found: &'static str,
    },
}

fn find(address: &Address) -> Result<AgentRef, ReviveError> {
    let node = address.node.and_then(node::by_id);
    let node = node.ok_or_else(|| ReviveError::NoNode(address.clone()))?;
    let agent = match &address.agent {
        AgentKey::Id(id) => node.registry.by_id(*id),
        AgentKey::Name(name) => node.registry.by_name(name),
    };
    agent.ok_or_else(|| ReviveError::NoAgent(address.clone()))
}

impl AnyHandle {
    /// Returns a handle of the agent at an address.
    ///
    /// # Errors
    ///
    /// Says whether the node or the agent is missing.
    pub fn revive(address: &Address) -> Result<Self, ReviveError> {
        find(address).map(Self::new)
    }
}

impl<A: Target + ?Sized> Handle<A> {
    /// Returns a handle of the agent at an address.
    ///
    /// # Errors
    ///
    /// Says whether the node or the agent is missing, or is of another type.
    pub fn revive(address: &Address) -> Result<Self, ReviveError> {
        let agent = find(address)?;
        if offers::<A>(&agent) {
            return Ok(Self::new(agent));
        }
        let (expected, found) = (A::NAME, agent.vtable().name);
        Err(ReviveError::OtherType { address: address.clone(), expected, found })
    }
}

impl<A: Target + ?Sized> Serialize for Handle<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.address().serialize(serializer)
    }
}

impl<'de, A: Target + ?Sized> Deserialize<'de> for Handle<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = Address::deserialize(deserializer)?;
        Self::revive(&address).map_err(D::Error::custom)
    }
}

impl Serialize for AnyHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.address().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AnyHandle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = Address::deserialize(deserializer)?;
        Self::revive(&address).map_err(D::Error::custom)
    }
}

/// The schema of a handle: its address as text.
fn schema(name: &str) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "description": format!("the address of an agent: {name}"),
        "pattern": "^local://",
    })
}

impl<A: Target + ?Sized> schemars::JsonSchema for Handle<A> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
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

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyHandle".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema("any")
    }
}
