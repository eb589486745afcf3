//! Wire values through serde: to our serializer unchanged, to others as near as they come.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::aiomas::value::TYPE_KEY;
use crate::aiomas::{Integer, Map, Typed, Value};
use crate::integer;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(integer) => integer.serialize(serializer),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(items) => items.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
            Self::Typed(typed) => typed.serialize(serializer),
        }
    }
}

impl Serialize for Integer {
    /// Beyond 128 bits, other serializers than ours get the digits as a text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(number) = self.as_i64() {
            serializer.serialize_i64(number)
        } else if let Some(number) = self.as_u64() {
            serializer.serialize_u64(number)
        } else if let Some(number) = self.as_i128() {
            serializer.serialize_i128(number)
        } else if let Some(number) = self.as_u128() {
            serializer.serialize_u128(number)
        } else {
            serializer.serialize_newtype_struct(integer::NAME, &self.to_string())
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs().iter().map(|(key, value)| (key, value)))
    }
}

impl Serialize for Typed {
    /// Writes `{"__type__": [id, data]}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(TYPE_KEY, &(self.id, &self.data))?;
        map.end()
    }
}
