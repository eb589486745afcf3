//! What a mailbox is found by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of who has a mailbox.
///
/// Types and interfaces have dotted names, as classes of Python have: `weather.Sensor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// A name for people. It need not be unique.
    pub name: Option<String>,
    /// Whether it is an agent; a user otherwise.
    pub is_agent: bool,
    /// Its type, and then all types and interfaces that it stands for.
    pub types: Vec<String>,
    /// Anything else that it may be found by.
    pub attributes: BTreeMap<String, String>,
}

impl Profile {
    /// Returns about how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        let name = self.name.as_ref().map_or(0, String::len);
        let types: usize = self.types.iter().map(String::len).sum();
        let attributes: usize =
            self.attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
        name + types + attributes
    }
}

/// What to look for. What is not set is not asked for.
///
/// ```
/// use lyceum_exchange::mailbox::Query;
///
/// let sensors = Query { of_type: Some("weather.Sensor".into()), ..Query::default() };
/// assert!(sensors.subtypes);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// A type or an interface.
    pub of_type: Option<String>,
    /// Whether agents count whose type merely stands for that type; they do unless said otherwise.
    pub subtypes: bool,
    /// A name.
    pub name: Option<String>,
    /// An attribute and its value.
    pub attribute: Option<(String, String)>,
}

impl Default for Query {
    fn default() -> Self {
        Self { of_type: None, subtypes: true, name: None, attribute: None }
    }
}
