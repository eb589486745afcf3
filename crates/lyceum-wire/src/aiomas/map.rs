//! Maps whose keys may be any value, in the order in which they were written.

use crate::aiomas::Value;

/// Pairs of keys and values, in order.
///
/// Keys may be any value, since MsgPack allows that; JSON has texts alone. What came over the wire
/// may hold a key twice: the last one counts, as in Python.
///
/// ```
/// use lyceum_wire::aiomas::{Map, Value};
///
/// let map = Map::from_iter([("a", 1), ("b", 2), ("a", 3)]);
/// assert_eq!(map.get("a"), Some(&Value::from(3)));
/// assert_eq!(map.len(), 3);
///
/// let mixed = Map::from([("number", 1.into()), ("text", "one".into())]);
/// assert_eq!(mixed.get("text"), Some(&Value::from("one")));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// Makes an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a key that is a text.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(own, _)| own.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// Adds a pair at the end, without a look at the pairs that are there.
    pub fn push(&mut self, key: impl Into<Value>, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the pairs.
    pub fn pairs(&self) -> &[(Value, Value)] {
        &self.0
    }

    /// Removes and returns the value of a key that is a text.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().rposition(|(own, _)| own.as_text() == Some(key))?;
        Some(self.0.swap_remove(at).1)
    }
}

impl IntoIterator for Map {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<Value>, const N: usize> From<[(K, Value); N]> for Map {
    fn from(pairs: [(K, Value); N]) -> Self {
        Self::from_iter(pairs)
    }
}
