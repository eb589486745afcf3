//! A type's visitor under guard.

use std::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::Guarded;

/// Visits of values that have nothing inside.
macro_rules! forward {
    ($($visit:ident: $value:ty,)*) => {$(
        fn $visit<E: Error>(self, value: $value) -> Result<V::Value, E> {
            self.guard.keep(self.inner.$visit(value))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guarded<'_, V> {
    type Value = V::Value;

    forward! {
        visit_bool: bool,
        visit_i8: i8,
        visit_i16: i16,
        visit_i32: i32,
        visit_i64: i64,
        visit_i128: i128,
        visit_u8: u8,
        visit_u16: u16,
        visit_u32: u32,
        visit_u64: u64,
        visit_u128: u128,
        visit_f32: f32,
        visit_f64: f64,
        visit_char: char,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
        visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8],
        visit_byte_buf: Vec<u8>,
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.guard.keep(self.inner.visit_unit())
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.guard.keep(self.inner.visit_none())
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<V::Value, D::Error> {
        let Self { inner, guard, .. } = self;
        guard.wrap(|| inner.visit_some(Guarded::new(source, guard)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, source: D) -> Result<V::Value, D::Error> {
        let Self { inner, guard, .. } = self;
        guard.wrap(|| inner.visit_newtype_struct(Guarded::new(source, guard)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { inner, guard, counts } = self;
        guard.nest(|| inner.visit_seq(Guarded { inner: access, guard, counts }))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { inner, guard, counts } = self;
        guard.nest(|| inner.visit_map(Guarded { inner: access, guard, counts }))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self { inner, guard, .. } = self;
        guard.nest(|| inner.visit_enum(Guarded::new(access, guard)))
    }
}
