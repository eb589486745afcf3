//! Arguments that nobody gave, to be read as null.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Reads as null does in JSON. Whoever cannot be made from it is not told why: thousands of agents
/// have defaults, and the text of each error would cost as much as the rest of a launch.
pub(super) struct Nothing;

/// Something cannot be made from nothing.
#[derive(Debug)]
pub(super) struct NeedsMore;

impl<'de> Deserializer<'de> for Nothing {
    type Error = NeedsMore;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NeedsMore> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NeedsMore> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NeedsMore> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl de::Error for NeedsMore {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl std::error::Error for NeedsMore {}

impl fmt::Display for NeedsMore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be made from nothing")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Unit;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Option<u8>);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Named {
        value: u8,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        One,
    }

    fn same<T: de::DeserializeOwned + PartialEq + fmt::Debug>() -> bool {
        let nothing = T::deserialize(Nothing).ok();
        assert_eq!(nothing, serde_json::from_value(Value::Null).ok());
        nothing.is_some()
    }

    #[test]
    fn nothing_reads_as_null_does() {
        assert!(same::<()>() && same::<Unit>() && same::<Option<u8>>() && same::<Wrapped>());
        assert!(same::<Value>() && same::<Box<Unit>>());
        assert!(!same::<Named>() && !same::<Kind>() && !same::<u8>() && !same::<String>());
        assert!(!same::<Vec<u8>>() && !same::<(u8, u8)>());
    }
}
