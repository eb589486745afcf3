//! Complete values: a writer that notices when a field is left out.
//!
//! `#[serde(skip_serializing_if = "..")]` leaves a field out. By position, the reader would take
//! the next field for the missing one. So the writers by position are wrapped in this.

use std::cell::Cell;
use std::fmt::Display;

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::CodecError;

/// Remembers which field was left out.
pub(super) type LeftOut = Cell<Option<&'static str>>;

/// Something of serde's that passes all on but what is not complete.
pub(super) struct Complete<'l, T> {
    inner: T,
    left_out: &'l LeftOut,
}

impl<'l, T> Complete<'l, T> {
    pub(super) fn new(inner: T, left_out: &'l LeftOut) -> Self {
        Self { inner, left_out }
    }

    fn refuse<E: Error>(&self, field: &'static str) -> E {
        self.left_out.set(Some(field));
        E::custom("refused")
    }
}

/// Says why a value could not be written.
pub(super) fn explain<E>(codec: &'static str, left_out: &LeftOut, cause: E) -> CodecError
where
    E: std::error::Error + Send + Sync + 'static,
{
    match left_out.get() {
        Some(field) => CodecError::FieldLeftOut { codec, field },
        None => CodecError::encode(codec, cause),
    }
}

impl<'l, T: Serialize + ?Sized> Serialize for Complete<'l, &T> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(Complete::new(writer, self.left_out))
    }
}

macro_rules! forward {
    ($($write:ident: $value:ty,)*) => {$(
        fn $write(self, value: $value) -> Result<S::Ok, S::Error> {
            self.inner.$write(value)
        }
    )*};
}

impl<'l, S: Serializer> Serializer for Complete<'l, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Complete<'l, S::SerializeSeq>;
    type SerializeTuple = Complete<'l, S::SerializeTuple>;
    type SerializeTupleStruct = Complete<'l, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Complete<'l, S::SerializeTupleVariant>;
    type SerializeMap = Complete<'l, S::SerializeMap>;
    type SerializeStruct = Complete<'l, S::SerializeStruct>;
    type SerializeStructVariant = Complete<'l, S::SerializeStructVariant>;

    forward! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Complete::new(value, self.left_out))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Complete::new(value, self.left_out))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = Complete::new(value, self.left_out);
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        Ok(Complete::new(self.inner.serialize_seq(len)?, self.left_out))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        Ok(Complete::new(self.inner.serialize_tuple(len)?, self.left_out))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        Ok(Complete::new(self.inner.serialize_tuple_struct(name, len)?, self.left_out))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let inner = self.inner.serialize_tuple_variant(name, index, variant, len)?;
        Ok(Complete::new(inner, self.left_out))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Ok(Complete::new(self.inner.serialize_map(len)?, self.left_out))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        Ok(Complete::new(self.inner.serialize_struct(name, len)?, self.left_out))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let inner = self.inner.serialize_struct_variant(name, index, variant, len)?;
        Ok(Complete::new(inner, self.left_out))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Writers of elements without names.
macro_rules! elements {
    ($($kind:ident $write:ident)*) => {$(
        impl<W: $kind> $kind for Complete<'_, W> {
            type Ok = W::Ok;
            type Error = W::Error;

            fn $write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), W::Error> {
                self.inner.$write(&Complete::new(value, self.left_out))
            }

            fn end(self) -> Result<W::Ok, W::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

/// Writers of fields, which may be left out.
macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl<W: $kind> $kind for Complete<'_, W> {
            type Ok = W::Ok;
            type Error = W::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), W::Error> {
                self.inner.serialize_field(name, &Complete::new(value, self.left_out))
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), W::Error> {
                Err(self.refuse(name))
            }

            fn end(self) -> Result<W::Ok, W::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl<W: SerializeMap> SerializeMap for Complete<'_, W> {
    type Ok = W::Ok;
    type Error = W::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), W::Error> {
        self.inner.serialize_key(&Complete::new(key, self.left_out))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), W::Error> {
        self.inner.serialize_value(&Complete::new(value, self.left_out))
    }

    fn end(self) -> Result<W::Ok, W::Error> {
        self.inner.end()
    }
}
