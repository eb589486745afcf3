//! The deserializer: wire values to Rust values.

mod key;
mod text;

use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::HANDLE;
use crate::aiomas::deserialize::key::KeyDeserializer;
use crate::aiomas::value::{self, TYPE_KEY};
use crate::aiomas::{Handles, Integer, Kind, Map, TypeTable, Typed, Value, ValueError};

pub(crate) use text::named_text;

/// Gives a wire value to serde.
///
/// [`from_value`](crate::aiomas::from_value) is its short form; this one is for what takes a
/// deserializer.
///
/// ```
/// use lyceum_wire::aiomas::{Deserializer, TypeTable};
/// use serde::Deserialize;
///
/// let table = TypeTable::container();
/// let text = String::deserialize(Deserializer::new("hi".into(), &table))?;
/// assert_eq!(text, "hi");
/// # Ok::<(), lyceum_wire::aiomas::ValueError>(())
/// ```
#[derive(Clone)]
pub struct Deserializer<'t> {
    value: Value,
    side: Side<'t>,
    /// Whether the target is a wire value again, which keeps its type.
    keeps_type: bool,
}

/// What is known of the side that the values come from.
#[derive(Clone, Copy)]
struct Side<'t> {
    table: &'t TypeTable,
    handles: Option<&'t dyn Handles>,
}

impl<'t> Deserializer<'t> {
    /// Makes a deserializer for what came over a connection with that table.
    pub fn new(value: Value, table: &'t TypeTable) -> Self {
        Side { table, handles: None }.value(value)
    }

    /// Reads handles, and proxies where none are wanted, as that says.
    pub fn with_handles(mut self, handles: &'t dyn Handles) -> Self {
        self.side.handles = Some(handles);
        self
    }

    /// Goes on with the data of a typed value, if it is of the type that serde wants.
    fn named(self, name: &'static str) -> Result<Self, ValueError> {
        match (self.value, self.side.table.id_of(name)) {
            (Value::Typed(typed), Some(id)) if id == typed.id => Ok(self.side.value(typed.data)),
            (Value::Typed(typed), Some(_)) => {
                let expected = name.rsplit("::").next().unwrap_or(name);
                Err(ValueError::WrongType { expected, found: typed.id })
            }
            (value, _) => Ok(Self { value, ..self }),
        }
    }

    /// Goes on with the address of the agent that a text or a proxy stands for.
    fn handle(self) -> Result<Self, ValueError> {
        let value = match (self.value, self.side.handles) {
            (Value::Text(text), Some(handles)) => handles.of_text(text).into(),
            (Value::Typed(typed), _) => return self.side.data(*typed),
            (Value::Map(map), Some(handles)) => match handles.of_map(&map) {
                Some(address) => address.into(),
                None => Value::Map(map),
            },
            (value, _) => value,
        };
        Ok(self.side.value(value))
    }
}

impl<'t> Side<'t> {
    fn value(self, value: Value) -> Deserializer<'t> {
        Deserializer { value, side: self, keeps_type: false }
    }

    /// Goes on with the data of a typed value, or with the address that a proxy stands for.
    fn data(self, typed: Typed) -> Result<Deserializer<'t>, ValueError> {
        let data = match (self.table.known(typed.id)?, typed.data, self.handles) {
            (Kind::Proxy, Value::Text(path), Some(handles)) => handles.of_proxy(path).into(),
            (_, data, _) => data,
        };
        Ok(self.value(data))
    }

    fn list<'de, V: Visitor<'de>>(
        self,
        items: impl IntoIterator<Item = Value>,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let items = items.into_iter().map(|item| self.value(item));
        let mut list = SeqDeserializer::new(items);
        let value = visitor.visit_seq(&mut list)?;
        list.end()?;
        Ok(value)
    }

    fn map<'de, V: Visitor<'de>>(self, map: Map, visitor: V) -> Result<V::Value, ValueError> {
        let mut map = MapDeserializer::new(self.pairs(map));
        let value = visitor.visit_map(&mut map)?;
        map.end()?;
        Ok(value)
    }

    fn pairs(self, map: Map) -> impl Iterator<Item = (KeyDeserializer<'t>, Deserializer<'t>)> {
        map.into_iter()
            .map(move |(key, value)| (KeyDeserializer(self.value(key)), self.value(value)))
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for Deserializer<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn visit_integer<'de, V: Visitor<'de>>(
    integer: &Integer,
    visitor: V,
) -> Result<V::Value, ValueError> {
    if let Some(number) = integer.as_i64() {
        visitor.visit_i64(number)
    } else if let Some(number) = integer.as_u64() {
        visitor.visit_u64(number)
    } else if let Some(number) = integer.as_i128() {
        visitor.visit_i128(number)
    } else if let Some(number) = integer.as_u128() {
        visitor.visit_u128(number)
    } else {
        Err(ValueError::Integer)
    }
}

impl<'de> de::Deserializer<'de> for Deserializer<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Int(integer) if self.keeps_type => visit_integer(&integer, visitor),
            Value::Int(integer) => match (integer.as_i64(), integer.as_u64()) {
                (None, None) => visitor.visit_f64(integer.to_f64()),
                _ => visit_integer(&integer, visitor),
            },
            Value::Float(float) => visitor.visit_f64(float),
            Value::Text(text) => visitor.visit_string(text),
            Value::Bytes(bytes) if self.keeps_type => visitor.visit_byte_buf(bytes),
            Value::Bytes(bytes) => self.side.list(bytes.into_iter().map(Value::from), visitor),
            Value::List(items) => self.side.list(items, visitor),
            Value::Map(map) => self.side.map(map, visitor),
            Value::Typed(typed) if self.keeps_type => {
                let pair = vec![typed.id.into(), typed.data].into();
                self.side.map(Map::from([(TYPE_KEY, pair)]), visitor)
            }
            Value::Typed(typed) => self.side.data(*typed)?.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match &self.value {
            Value::Int(integer) => visitor.visit_f64(integer.to_f64()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match &self.value {
            Value::Int(integer) => visit_integer(integer, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_i128(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Value::Typed(typed) => self.side.data(*typed)?.deserialize_byte_buf(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Bytes(bytes) => self.side.list(bytes.into_iter().map(Value::from), visitor),
            Value::Typed(typed) => self.side.data(*typed)?.deserialize_seq(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.named(name)?.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let inside = match name {
            value::NAME => Self { keeps_type: true, ..self },
            HANDLE => self.handle()?,
            _ => self.named(name)?,
        };
        visitor.visit_newtype_struct(inside)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.named(name)?.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.named(name)?.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let inside = self.named(name)?;
        match inside.value {
            Value::Text(variant) => visitor.visit_enum(variant.into_deserializer()),
            Value::Map(map) if map.len() == 1 => {
                let pairs = MapDeserializer::new(inside.side.pairs(map));
                visitor.visit_enum(MapAccessDeserializer::new(pairs))
            }
            Value::Typed(typed) => {
                inside.side.data(*typed)?.deserialize_enum(name, variants, visitor)
            }
            other => Err(de::Error::invalid_type(
                Unexpected::Other(other.kind()),
                &"the name of a variant, or a map with one",
            )),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 char str string unit map identifier
    }
}

impl fmt::Debug for Deserializer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deserializer")
            .field("value", &self.value)
            .field("table", self.side.table)
            .finish_non_exhaustive()
    }
}
