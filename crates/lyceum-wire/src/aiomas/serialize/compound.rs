//! Lists and maps that serde gives piece by piece.

use serde::{Serialize, ser};

use crate::aiomas::{Map, Serializer, Value, ValueError};

/// The names that a Rust value goes by.
#[derive(Clone, Copy, Default)]
pub(super) struct Name {
    pub(super) of_type: Option<&'static str>,
    pub(super) variant: Option<&'static str>,
}

impl Name {
    pub(super) fn of_type(name: &'static str) -> Self {
        Self { of_type: Some(name), variant: None }
    }

    pub(super) fn of_variant(name: &'static str, variant: &'static str) -> Self {
        Self { of_type: Some(name), variant: Some(variant) }
    }
}

/// A list in the making.
pub struct Items<'t> {
    outside: Serializer<'t>,
    inside: Serializer<'t>,
    name: Name,
    items: Vec<Value>,
}

impl<'t> Items<'t> {
    pub(super) fn new(
        outside: Serializer<'t>,
        name: Name,
        length: usize,
    ) -> Result<Self, ValueError> {
        Ok(Self { outside, inside: outside.enter()?, name, items: Vec::with_capacity(length) })
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.items.push(value.serialize(self.inside)?);
        Ok(())
    }

    fn finish(self) -> Value {
        self.outside.finish(self.name, self.items.into())
    }
}

/// A map in the making.
pub struct Pairs<'t> {
    outside: Serializer<'t>,
    inside: Serializer<'t>,
    name: Name,
    key: Option<Value>,
    map: Map,
}

impl<'t> Pairs<'t> {
    pub(super) fn new(outside: Serializer<'t>, name: Name) -> Result<Self, ValueError> {
        Ok(Self { outside, inside: outside.enter()?, name, key: None, map: Map::new() })
    }

    fn push<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.map.push(key, value.serialize(self.inside)?);
        Ok(())
    }

    fn finish(self) -> Value {
        self.outside.finish(self.name, self.map.into())
    }
}

/// Implements one of serde's traits for lists.
macro_rules! items {
    ($trait:ident, $push:ident) => {
        impl ser::$trait for Items<'_> {
            type Ok = Value;
            type Error = ValueError;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
                self.push(value)
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(self.finish())
            }
        }
    };
}

items!(SerializeSeq, serialize_element);
items!(SerializeTuple, serialize_element);
items!(SerializeTupleStruct, serialize_field);
items!(SerializeTupleVariant, serialize_field);

/// Implements one of serde's traits for maps with names as keys.
macro_rules! pairs {
    ($trait:ident) => {
        impl ser::$trait for Pairs<'_> {
            type Ok = Value;
            type Error = ValueError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), ValueError> {
                self.push(key, value)
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(self.finish())
            }
        }
    };
}

pairs!(SerializeStruct);
pairs!(SerializeStructVariant);

impl ser::SerializeMap for Pairs<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(key.serialize(self.inside)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().expect("serde gives a key before each value");
        self.map.push(key, value.serialize(self.inside)?);
        Ok(())
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}
