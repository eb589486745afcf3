//! Fingerprints: whether two ends mean the same by an action.
//!
//! Two ends that encode by position must have the very same types, or they would misread each
//! other. Before they do, they compare fingerprints of what their descriptions say.
//!
//! A fingerprint is the FNV-1a hash of a canonical form of the action's parameters, result, error
//! and stream flag. The form leaves out what does not change the encoded bytes: titles, docs,
//! examples, the order of keywords, and the names of types. It keeps names and types of fields and
//! parameters, and the order in which a schema lists them.
//!
//! Not every order can be seen in a schema. Fields are listed in order as far as they are required,
//! and variants without data are listed apart from those with data. A fingerprint says so itself:
//! [`is_ordered`](Fingerprint::is_ordered) is its lowest bit.

mod hash;
mod schema;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::hash::Hash;
use self::schema::Walk;
use crate::{ActionDescription, Style};

/// Stands for the types of an action: two ends with the same one mean the same.
///
/// ```
/// use lyceum_wire::{Fingerprint, Style};
///
/// let (mine, theirs) = (Fingerprint::new(0xa1), Fingerprint::new(0xb1));
/// assert_eq!(mine.style_with(mine), Style::Positional);
/// assert_eq!(mine.style_with(theirs), Style::SelfDescribing);
/// assert_eq!(mine.to_string(), "00000000000000a1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(u64);

/// The bit that says that the schema determines every order.
const ORDERED: u64 = 1;

impl Fingerprint {
    /// Wraps the bits that another end sent.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Returns whether equal fingerprints mean that fields and variants have the same order, too.
    pub const fn is_ordered(self) -> bool {
        self.0 & ORDERED != 0
    }

    /// Returns the style in which two ends with these fingerprints understand each other.
    pub fn style_with(self, other: Self) -> Style {
        if self == other && self.is_ordered() { Style::Positional } else { Style::SelfDescribing }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Returns the fingerprint of an action whose schemas need no definitions but their own.
pub fn fingerprint(action: &ActionDescription) -> Fingerprint {
    fingerprint_with(action, &Map::new())
}

/// Returns the fingerprint of an action whose schemas refer to `definitions` as `#/$defs/NAME`.
///
/// [`AgentDescription::fingerprint`](crate::AgentDescription::fingerprint) knows them by itself.
pub fn fingerprint_with(
    action: &ActionDescription,
    definitions: &Map<String, Value>,
) -> Fingerprint {
    let mut walk = Walk::new(definitions);
    walk.hash.count(action.parameters.len());
    for parameter in &action.parameters {
        walk.hash.text(&parameter.name);
        walk.root(parameter.schema.as_value());
    }
    walk.root(action.result.as_value());
    walk.hash.count(usize::from(action.error.is_some()));
    if let Some(error) = &action.error {
        walk.root(error.as_value());
    }
    walk.hash.count(usize::from(action.stream));
    let ordered = if walk.ordered { ORDERED } else { 0 };
    Fingerprint(walk.hash.finish() & !ORDERED | ordered)
}
