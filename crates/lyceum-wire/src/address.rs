//! Addresses: an agent, and where to look for it, as text.

mod endpoint;
mod name;

use std::fmt;
use std::str::FromStr;

pub use endpoint::Endpoint;
pub use name::AgentName;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{AgentId, NodeId};

/// The longest address, in bytes.
const LENGTH_LIMIT: usize = 1024;

/// The name by which serde knows handles, which are newtypes around the text of an address.
///
/// Formats that have something better than a text for an agent tell handles by it.
pub const HANDLE: &str = "lyceum::Handle";

/// An agent's address: `local://NODE/AGENT`, or `SCHEME://[NODE@]LOCATION/AGENT[?OPTIONS]`.
///
/// AGENT is an id or a name. A Unix socket's location is a path, and the agent follows a `#`. With
/// a node's id the address means an agent of that very node, and of no other one that listens
/// there later.
///
/// ```
/// use lyceum_wire::Address;
///
/// for text in [
///     "local://00000000000000a1/clerk",
///     "tcp://127.0.0.1:5555/clerk",
///     "tcp://00000000000000a1@127.0.0.1:5555/7",
///     "unix:///run/mesh.sock#clerk",
///     "aiomas+tcp://127.0.0.1:5555/0?codec=msgpack",
/// ] {
///     assert_eq!(text.parse::<Address>()?.to_string(), text);
/// }
/// # Ok::<(), lyceum_wire::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The node that hosts the agent, where only that one will do.
    pub node: Option<NodeId>,
    /// Where that node, or whichever is there, is reached; none if only who knows it can.
    pub endpoint: Option<Endpoint>,
    /// Which of the node's agents is meant.
    pub agent: AgentKey,
}

/// How an address names an agent within its node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentKey {
    /// By the id that the node gave it.
    Id(AgentId),
    /// By the name that it goes by.
    Name(AgentName),
}

/// Says why a text is not an address or a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text has another form.
    #[error(
        "cannot read `{0}` as an address: expected SCHEME://LOCATION/AGENT, as in \
         tcp://127.0.0.1:5555/clerk"
    )]
    Form(String),
    /// The text is not where a node is reached.
    #[error(
        "cannot read `{0}` as an endpoint: expected SCHEME://LOCATION, as in \
         tcp://127.0.0.1:5555"
    )]
    Endpoint(String),
    /// The text is too long.
    #[error("cannot read an address of {0} bytes: expected at most {LENGTH_LIMIT}")]
    Length(usize),
    /// The name has letters that names do not have, is too long, empty, or a number.
    #[error(
        "cannot use `{0}` as an agent's name: expected 1 to {limit} letters, digits, `_`, \
         `-` or `.`, and not a number alone",
        limit = name::LIMIT
    )]
    Name(String),
}

impl Address {
    /// Makes the address of an agent of a node that is reached by who knows it.
    pub fn local(node: NodeId, agent: AgentKey) -> Self {
        Self { node: Some(node), endpoint: None, agent }
    }
}

impl fmt::Display for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl FromStr for AgentKey {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.endpoint, self.node) {
            (Some(endpoint), node) => endpoint.write(f, node, Some(&self.agent)),
            (None, Some(node)) => write!(f, "local://{node}/{}", self.agent),
            (None, None) => write!(f, "local:///{}", self.agent),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LENGTH_LIMIT {
            return Err(AddressError::Length(text.len()));
        }
        let form = || AddressError::Form(text.into());
        let parts = endpoint::split(text).ok_or_else(form)?;
        let agent = parts.agent.ok_or_else(form)?.parse()?;
        if parts.scheme == "local"
            && parts.node.is_none()
            && let Ok(node) = parts.location.parse()
        {
            return Ok(Self::local(node, agent));
        }
        let endpoint = parts.endpoint().ok_or_else(form)?;
        Ok(Self { node: parts.node, endpoint: Some(endpoint), agent })
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, part: &str) {
        let error = text.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn an_address_reads_back_what_it_wrote() {
        for text in [
            "local://00000000000000a1/7",
            "local://00000000000000a1/clerk.2",
            "local://market/clerk",
            "tcp://[::1]:80/7",
            "unix://00000000000000a1@/run/a#b/c.sock#7",
            "aiomas+ipc://[/run/a.sock]/0",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_bad_address_says_what_was_expected() {
        check("clerk", "SCHEME://LOCATION/AGENT");
        check("tcp://127.0.0.1:5555", "SCHEME://LOCATION/AGENT");
        check("tcp:///clerk", "SCHEME://LOCATION/AGENT");
        check("TCP://x/clerk", "SCHEME://LOCATION/AGENT");
        check("local://00000000000000a1/a b", "letters, digits");
        check("local://00000000000000a1/", "cannot use ``");
        check(&format!("tcp://{}/a", "x".repeat(2000)), "at most 1024");
    }
}
