//! Values: what a payload holds, whichever codec wrote it.

mod deserialize;
mod serialize;

use crate::aiomas::{Integer, Map};

/// The name by which our deserializer knows wire values.
pub(crate) const NAME: &str = "lyceum_wire::aiomas::Value";

/// The key that makes a map a typed value.
pub(crate) const TYPE_KEY: &str = "__type__";

/// A value of the wire.
///
/// Equality is that of the bytes, nearly: maps are equal if they hold the same pairs in the same
/// order, integers never equal floats, and NaN equals nothing.
///
/// ```
/// use lyceum_wire::aiomas::{Map, Value};
///
/// let value = Value::Map(Map::from_iter([("power", 3.5)]));
/// assert_eq!(serde_json::Value::from(value), serde_json::json!({"power": 3.5}));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Python's `None`.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of any size; MsgPack has room for 64 bits.
    Int(Integer),
    /// A float; NaN and the infinities, too, are written in every codec.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes, which JSON does not have.
    Bytes(Vec<u8>),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A dictionary.
    Map(Map),
    /// A value of a type that both sides have a number for.
    Typed(Box<Typed>),
}

/// A value of a type that both sides have a number for: `{"__type__": [id, data]}`.
///
/// What the number means depends on the connection: a [`TypeTable`](crate::aiomas::TypeTable)
/// knows.
///
/// ```
/// use lyceum_wire::aiomas::{Map, Typed, Value};
///
/// let typed = Value::from(Typed { id: 1, data: "agents/0".into() });
/// let map = Map::from_iter([("__type__", Value::List(vec![1.into(), "agents/0".into()]))]);
/// assert_eq!(Value::from(map), typed);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The type's number.
    pub id: u32,
    /// What the type's serializer made of the value.
    pub data: Value,
}

impl Value {
    /// Returns the text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the name of the value's kind, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Typed(_) => "typed value",
        }
    }
}

/// Returns the type's number, if the value of the key `__type__` is a number and data.
fn type_id(value: &Value) -> Option<u32> {
    match value {
        Value::List(pair) => match pair.as_slice() {
            [Value::Int(id), _] => id.as_u64()?.try_into().ok(),
            _ => None,
        },
        _ => None,
    }
}

impl From<Map> for Value {
    /// Makes a typed value of a map with the key `__type__`, whose other keys are lost then.
    ///
    /// Python's codecs do so with each such map. Where they would break the connection, since the
    /// key's value is not a number and data, the map remains a map.
    fn from(mut map: Map) -> Self {
        let Some(id) = map.get(TYPE_KEY).and_then(type_id) else { return Self::Map(map) };
        let data = match map.take(TYPE_KEY) {
            Some(Self::List(mut pair)) => pair.pop(),
            _ => None,
        };
        Typed { id, data: data.expect("the key was just seen to hold a pair") }.into()
    }
}

impl From<Typed> for Value {
    fn from(typed: Typed) -> Self {
        Self::Typed(Box::new(typed))
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Null
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Implements the conversion into one variant.
macro_rules! from_part {
    ($($variant:ident: $($type:ty),*;)*) => {$($(
        impl From<$type> for Value {
            fn from(part: $type) -> Self {
                Self::$variant(part.into())
            }
        }
    )*)*};
}

from_part! {
    Bool: bool;
    Int: Integer, u8, u16, u32, u64, u128, i8, i16, i32, i64, i128;
    Float: f32, f64;
    Text: String;
    List: Vec<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(type_value: Value) -> Map {
        Map::from_iter([("a", Value::Null), (TYPE_KEY, type_value), ("b", true.into())])
    }

    #[test]
    fn map_with_the_type_key_is_a_typed_value() {
        let pair = vec![7.into(), "data".into()];

        let value = Value::from(map(pair.into()));

        assert_eq!(value, Typed { id: 7, data: "data".into() }.into());
    }

    #[test]
    fn map_with_an_unfit_type_key_remains_a_map() {
        let unfit: [Vec<Value>; 5] = [
            vec![],
            vec![1.into()],
            vec!["1".into(), 1.into()],
            vec![(-1).into(), 1.into()],
            vec![1.into(), 2.into(), 3.into()],
        ];
        for pair in unfit {
            let Value::Map(left) = Value::from(map(pair.clone().into())) else {
                panic!("{pair:?} is taken for a type")
            };
            assert_eq!(left, map(pair.into()));
        }
    }
}
