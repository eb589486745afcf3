//! The reader under guard.

use serde::de::{DeserializeSeed, Deserializer, Visitor};

use super::{Failure, Guarded};

/// Reads of values that announce no number of elements.
macro_rules! forward {
    ($($read:ident)*) => {$(
        fn $read<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.inner.$read(Guarded::new(visitor, self.guard)).map_err(Failure::Reader)
        }
    )*};
}

/// Reads of values that may announce a number of elements.
macro_rules! forward_counting {
    ($($read:ident)*) => {$(
        fn $read<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.inner.$read(Guarded::counting(visitor, self.guard)).map_err(Failure::Reader)
        }
    )*};
}

/// Reads of values that are what the bytes say.
macro_rules! forward_with_names {
    ($($read:ident)*) => {$(
        fn $read<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.guard.need_names()?;
            self.inner.$read(Guarded::counting(visitor, self.guard)).map_err(Failure::Reader)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guarded<'_, D> {
    type Error = Failure<D::Error>;

    forward! {
        deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_option deserialize_unit
    }
    forward_counting! { deserialize_seq deserialize_map }
    forward_with_names! { deserialize_any deserialize_ignored_any deserialize_identifier }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_unit_struct(name, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_newtype_struct(name, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_tuple(len, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_tuple_struct(name, len, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_struct(name, fields, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .deserialize_enum(name, variants, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Guarded<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<S::Value, D::Error> {
        self.guard.keep(self.inner.deserialize(Guarded::new(source, self.guard)))
    }
}
