//! Names of agents.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::AddressError;

/// The longest name, in bytes.
pub(super) const LIMIT: usize = 128;

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

impl FromStr for AgentName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let good = (1..=LIMIT).contains(&text.len())
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
