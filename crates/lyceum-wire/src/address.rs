//! Addresses: an agent, and where to look for it, as text.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::{AgentId, NodeId};

/// The longest name of an agent, in bytes.
const NAME_LIMIT: usize = 128;

/// A name that an agent goes by within its node: letters, digits, `_`, `-` and `.`, not a number.
///
/// ```
/// use lyceum_wire::AgentName;
///
/// let name: AgentName = "bike.rack-7".parse()?;
/// assert_eq!(name.as_str(), "bike.rack-7");
/// assert!("42".parse::<AgentName>().is_err(), "numbers are ids");
/// # Ok::<(), lyceum_wire::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentName(Arc<str>);

impl AgentName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An agent's address: `local://NODE/ID` or `local://NODE/NAME`.
///
/// ```
/// use lyceum_wire::Address;
///
/// let address: Address = "local://00000000000000a1/clerk".parse()?;
/// assert_eq!(address.to_string(), "local://00000000000000a1/clerk");
/// # Ok::<(), lyceum_wire::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The node that hosts the agent.
    pub node: NodeId,
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
    #[error("cannot read `{0}` as an address: expected local://NODE/NAME-OR-ID")]
    Form(String),
    /// The part between `//` and `/` is no node id.
    #[error("cannot read the node of address `{0}`: expected 16 hexadecimal digits")]
    Node(String),
    /// The name has letters that names do not have, is too long, empty, or a number.
    #[error(
        "cannot use `{0}` as an agent's name: expected 1 to {NAME_LIMIT} letters, digits, `_`, \
         `-` or `.`, and not a number alone"
    )]
    Name(String),
}

impl FromStr for AgentName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let good = (1..=NAME_LIMIT).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.bytes().all(|byte| byte.is_ascii_digit());
        if good { Ok(Self(text.into())) } else { Err(AddressError::Name(text.into())) }
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AgentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AgentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Reads a name from where it lies, without a copy of the text.
struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = AgentName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an agent's name")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AgentName, E> {
        text.parse().map_err(E::custom)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.agent {
            AgentKey::Id(id) => write!(f, "local://{}/{id}", self.node),
            AgentKey::Name(name) => write!(f, "local://{}/{name}", self.node),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || AddressError::Form(text.into());
        let rest = text.strip_prefix("local://").ok_or_else(form)?;
        let (node, agent) = rest.split_once('/').ok_or_else(form)?;
        let node = node.parse().map_err(|_| AddressError::Node(text.into()))?;
        let agent = match agent.parse() {
            Ok(id) => AgentKey::Id(id),
            Err(_) => AgentKey::Name(agent.parse()?),
        };
        Ok(Self { node, agent })
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

    #[test]
    fn an_address_reads_back_what_it_wrote() {
        for text in ["local://00000000000000a1/7", "local://00000000000000a1/clerk.2"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_bad_address_says_what_was_expected() {
        let check = |text: &str, part: &str| {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check("tcp://x/1", "local://NODE/NAME-OR-ID");
        check("local://zz/1", "16 hexadecimal digits");
        check("local://00000000000000a1/a b", "letters, digits");
        check("local://00000000000000a1/", "cannot use ``");
    }
}
