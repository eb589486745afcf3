//! Ids of nodes and agents.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Identifies a node: 64 random bits, written as 16 hexadecimal digits.
///
/// ```
/// use lyceum_wire::NodeId;
///
/// let id = NodeId::new(0xbeef);
/// assert_eq!(id.to_string(), "000000000000beef");
/// assert_eq!("000000000000beef".parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u64);

impl NodeId {
    /// Wraps 64 bits that some node drew at random.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Identifies an agent within its node, and never another one there.
///
/// The lower 32 bits are a place in the node's registry, the upper 32 count how often that place
/// was reused, so that the ids of a young node read 0, 1, 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(u64);

impl AgentId {
    /// Wraps the number that a registry gave out.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the number.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Says why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read `{text}` as {expected}")]
pub struct ParseIdError {
    text: String,
    expected: &'static str,
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({self})")
    }
}

impl FromStr for NodeId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|_| digits)
            .map(Self)
            .ok_or_else(|| ParseIdError { text: text.into(), expected: "16 hexadecimal digits" })
    }
}

/// Text where people may read it, and a number in codecs that are not for people.
impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            u64::deserialize(deserializer).map(Self)
        }
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AgentId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map(Self)
            .map_err(|_| ParseIdError { text: text.into(), expected: "a decimal number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_of_the_wrong_length_is_refused() {
        let error = "beef".parse::<NodeId>().unwrap_err();
        assert_eq!(error.to_string(), "cannot read `beef` as 16 hexadecimal digits");
        assert!("+00000000000beef".parse::<NodeId>().is_err());
    }

    #[test]
    fn ids_survive_json() {
        let id = NodeId::new(7);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"0000000000000007\"");
        assert_eq!(serde_json::from_str::<NodeId>(&json).unwrap(), id);
    }
}
