//! The serializer: Rust values to wire values.

mod compound;

use std::fmt;

use serde::{Serialize, ser};

use crate::HANDLE;
use crate::aiomas::serialize::compound::{Items, Name, Pairs};
use crate::aiomas::{Handles, Integer, Map, TypeError, TypeTable, Typed, Value, ValueError, date};
use crate::integer;

/// Makes wire values of what serde gives to it.
///
/// [`to_value`](crate::aiomas::to_value) is its short form; this one is for what takes a
/// serializer.
///
/// ```
/// use lyceum_wire::aiomas::{Serializer, TypeTable};
/// use serde::Serializer as _;
///
/// let table = TypeTable::container();
/// let list = Serializer::new(&table).collect_seq([1, 2])?;
/// assert_eq!(list, vec![1.into(), 2.into()].into());
/// # Ok::<(), lyceum_wire::aiomas::ValueError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Serializer<'t> {
    table: &'t TypeTable,
    handles: Option<&'t dyn Handles>,
    depth: u8,
}

impl<'t> Serializer<'t> {
    /// Makes a serializer for a connection with that table.
    pub fn new(table: &'t TypeTable) -> Self {
        Self { table, handles: None, depth: 0 }
    }

    /// Writes handles as that says.
    pub fn with_handles(self, handles: &'t dyn Handles) -> Self {
        Self { handles: Some(handles), ..self }
    }

    /// Returns the serializer for what is inside.
    fn enter(self) -> Result<Self, ValueError> {
        let depth = self.depth.checked_add(1).ok_or(ValueError::Nesting)?;
        Ok(Self { depth, ..self })
    }

    /// Makes a typed value of what such a Rust type became, if the table names it.
    fn finish(self, name: Name, value: Value) -> Value {
        let value = match name.variant {
            Some(variant) => Map::from([(variant, value)]).into(),
            None => value,
        };
        match name.of_type.and_then(|name| self.table.id_of(name)) {
            Some(id) => Typed { id, data: value }.into(),
            None => value,
        }
    }

    fn newtype<T: Serialize + ?Sized>(self, name: Name, value: &T) -> Result<Value, ValueError> {
        Ok(self.finish(name, value.serialize(self.enter()?)?))
    }
}

/// Implements the methods for values that have a conversion of their own.
macro_rules! serialize_into {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Value, ValueError> {
            Ok(value.into())
        }
    )*};
}

impl<'t> ser::Serializer for Serializer<'t> {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = Items<'t>;
    type SerializeTuple = Items<'t>;
    type SerializeTupleStruct = Items<'t>;
    type SerializeTupleVariant = Items<'t>;
    type SerializeMap = Pairs<'t>;
    type SerializeStruct = Pairs<'t>;
    type SerializeStructVariant = Pairs<'t>;

    serialize_into! {
        serialize_bool: bool, serialize_str: &str, serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128
    }

    fn serialize_char(self, value: char) -> Result<Value, ValueError> {
        Ok(value.to_string().into())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::Bytes(value.into()))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Value, ValueError> {
        Ok(self.finish(Name::of_type(name), Value::Null))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, ValueError> {
        Ok(self.finish(Name::of_type(name), variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        match (name, self.newtype(Name::of_type(name), value)?) {
            (HANDLE, Value::Text(address)) => match self.handles {
                Some(handles) => handles.write(&address),
                None => Ok(address.into()),
            },
            (integer::NAME, Value::Text(digits)) => {
                digits.parse::<Integer>().map(Value::from).map_err(ser::Error::custom)
            }
            (date::NAME, Value::Text(_)) => Err(TypeError::NoDates.into()),
            (_, value) => Ok(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        self.newtype(Name::of_variant(name, variant), value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'t>, ValueError> {
        Items::new(self, Name::default(), length.unwrap_or_default())
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'t>, ValueError> {
        Items::new(self, Name::default(), length)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Items<'t>, ValueError> {
        Items::new(self, Name::of_type(name), length)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'t>, ValueError> {
        Items::new(self, Name::of_variant(name, variant), length)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs<'t>, ValueError> {
        Pairs::new(self, Name::default())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Pairs<'t>, ValueError> {
        Pairs::new(self, Name::of_type(name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Pairs<'t>, ValueError> {
        Pairs::new(self, Name::of_variant(name, variant))
    }
}

impl fmt::Debug for Serializer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serializer").field("table", self.table).finish_non_exhaustive()
    }
}
