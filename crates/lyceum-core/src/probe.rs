//! What an action's own error can do: asked of its type by the macros' code.
//!
//! An error need not be serializable, nor even printable. Method look-up finds the best of what it
//! can do, since it prefers the trait that needs fewer references.

use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use lyceum_wire::{CodecError, Encoding};

use crate::exchange::{Encoded, EncodedBytes, Unreadable, decode};

/// Wraps a type, or a value of it, whose abilities are asked.
#[derive(Debug)]
pub struct Probe<'e, E>(Option<&'e E>, PhantomData<E>);

/// What a probe can do, without the names: those of the user's types stay his.
pub mod traits {
    pub use super::{
        CodedAtOnce as _, DebuggedText as _, DisplayedText as _, EncodedAtOnce as _,
        EncodedValue as _, KnownSchema as _, NoText as _, NoValue as _, NotDecoded as _,
        NotEncoded as _, ReadValue as _, TextSchema as _, UnknownValue as _,
    };
}

impl<'e, E> Probe<'e, E> {
    /// Asks of a value.
    pub fn of(error: &'e E) -> Self {
        Self(Some(error), PhantomData)
    }

    /// Asks of the type.
    pub fn of_type() -> Self {
        Self(None, PhantomData)
    }
}

/// Text of an error that can be displayed.
pub trait DisplayedText {
    /// Returns the text.
    fn text(&self) -> String;
}

impl<E: Display> DisplayedText for &&Probe<'_, E> {
    fn text(&self) -> String {
        self.0.map_or_else(String::new, ToString::to_string)
    }
}

/// Text of an error for debugging.
pub trait DebuggedText {
    /// Returns the text.
    fn text(&self) -> String;
}

impl<E: Debug> DebuggedText for &Probe<'_, E> {
    fn text(&self) -> String {
        self.0.map_or_else(String::new, |error| format!("{error:?}"))
    }
}

/// Text of an error that has none.
pub trait NoText {
    /// Returns the name of the type.
    fn text(&self) -> String;
}

impl<E> NoText for Probe<'_, E> {
    fn text(&self) -> String {
        std::any::type_name::<E>().into()
    }
}

/// An error that can be encoded.
pub trait EncodedValue {
    /// Returns the JSON value.
    fn value(&self) -> Value;
}

impl<E: Serialize> EncodedValue for &Probe<'_, E> {
    fn value(&self) -> Value {
        serde_json::to_value(self.0).unwrap_or(Value::Null)
    }
}

/// An error that cannot be encoded.
pub trait NoValue {
    /// Returns null.
    fn value(&self) -> Value;
}

impl<E> NoValue for Probe<'_, E> {
    fn value(&self) -> Value {
        Value::Null
    }
}

/// An error that can be read.
pub trait ReadValue<E> {
    /// Reads an error that arrived.
    fn read(&self, encoded: &dyn Encoded) -> Option<E>;
}

impl<E: DeserializeOwned> ReadValue<E> for &Probe<'_, E> {
    fn read(&self, encoded: &dyn Encoded) -> Option<E> {
        decode(encoded).ok()
    }
}

/// An error that cannot be read.
pub trait UnknownValue<E> {
    /// Returns `None`.
    fn read(&self, encoded: &dyn Encoded) -> Option<E>;
}

impl<E> UnknownValue<E> for Probe<'_, E> {
    fn read(&self, _: &dyn Encoded) -> Option<E> {
        None
    }
}

/// Arguments that can be coded all at once. That one of them cannot is reported where it is one.
pub trait CodedAtOnce<E> {
    /// Decodes them.
    fn decode(&self, arguments: EncodedBytes<'_>) -> Option<Result<E, Unreadable>>;
}

impl<E: DeserializeOwned> CodedAtOnce<E> for &Probe<'_, E> {
    fn decode(&self, arguments: EncodedBytes<'_>) -> Option<Result<E, Unreadable>> {
        Some(arguments.decode())
    }
}

/// Arguments that cannot be decoded.
pub trait NotDecoded<E> {
    /// Returns `None`.
    fn decode(&self, arguments: EncodedBytes<'_>) -> Option<Result<E, Unreadable>>;
}

impl<E> NotDecoded<E> for Probe<'_, E> {
    fn decode(&self, _: EncodedBytes<'_>) -> Option<Result<E, Unreadable>> {
        None
    }
}

/// An encoded value, and how it is encoded.
type Coded = Result<(Encoding, Vec<u8>), CodecError>;

/// Arguments that can be encoded all at once.
pub trait EncodedAtOnce {
    /// Encodes them.
    fn encode(&self, encoding: Encoding) -> Option<Coded>;
}

impl<E: Serialize> EncodedAtOnce for &Probe<'_, E> {
    fn encode(&self, encoding: Encoding) -> Option<Coded> {
        Some(encoding.encode(self.0?))
    }
}

/// Arguments that cannot be encoded.
pub trait NotEncoded {
    /// Returns `None`.
    fn encode(&self, encoding: Encoding) -> Option<Coded>;
}

impl<E> NotEncoded for Probe<'_, E> {
    fn encode(&self, _: Encoding) -> Option<Coded> {
        None
    }
}

/// An error with a schema.
pub trait KnownSchema {
    /// Returns the schema.
    fn schema(&self, schemas: &mut SchemaGenerator) -> Option<Schema>;
}

impl<E: JsonSchema> KnownSchema for &Probe<'_, E> {
    fn schema(&self, schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<E>())
    }
}

/// An error without a schema: doors show its text.
pub trait TextSchema {
    /// Returns the schema of text.
    fn schema(&self, schemas: &mut SchemaGenerator) -> Option<Schema>;
}

impl<E> TextSchema for Probe<'_, E> {
    fn schema(&self, schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Plain;

    #[test]
    #[expect(clippy::needless_borrow, reason = "the macros write it so for every type")]
    fn an_error_says_the_best_it_can() {
        let (shown, plain) = ("full".to_string(), Plain);
        assert_eq!((&&&Probe::of(&shown)).text(), "full");
        assert_eq!((&&&Probe::of(&plain)).text(), "Plain");
        assert_eq!((&&Probe::of(&shown)).value(), Value::from("full"));
        assert_eq!((&&Probe::of(&plain)).value(), Value::Null);
        let mut schemas = SchemaGenerator::default();
        assert!((&&Probe::<Plain>::of_type()).schema(&mut schemas).is_some());
    }
}
