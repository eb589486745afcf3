//! Texts that go by the name of a type.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Reads the text of a type that our serializer and deserializer know by its name.
///
/// With other formats it is a text like any other.
pub(crate) fn named_text<'de, D: Deserializer<'de>>(
    name: &'static str,
    deserializer: D,
) -> Result<String, D::Error> {
    deserializer.deserialize_newtype_struct(name, TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<String, D::Error> {
        String::deserialize(inside)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }
}
