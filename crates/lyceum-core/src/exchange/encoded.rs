//! Values that arrived, not decoded yet.

use lyceum_wire::{CodecError, Encoding};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::full_text;
use crate::route::ArgumentSource;

/// A value that arrived, with the codec that can read it.
pub trait Encoded: Send + Sync {
    /// Hands a deserializer of the value to `read`.
    ///
    /// # Errors
    ///
    /// Says what `read` or the codec did not like.
    fn read(&self, read: ReadValue<'_>) -> Result<(), Unreadable>;

    /// Returns the value as arguments of which some are given by position and others by name,
    /// where that is what it is. Otherwise it is a sequence or a map.
    fn arguments(&self) -> Option<Box<dyn ArgumentSource + '_>> {
        None
    }

    /// Returns the encoded bytes, where they are in one of Lyceum's own encodings: whoever knows
    /// the type decodes them faster himself.
    fn bytes(&self) -> Option<EncodedBytes<'_>> {
        None
    }
}

/// A value in one of Lyceum's own encodings.
#[derive(Clone, Copy, Debug)]
pub struct EncodedBytes<'b> {
    /// How it is encoded.
    pub encoding: Encoding,
    /// The encoded value.
    pub bytes: &'b [u8],
    /// How many bytes it may have without compression.
    pub limit: usize,
}

impl EncodedBytes<'_> {
    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// Says what was expected.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, Unreadable> {
        self.encoding.decode(self.bytes, self.limit).map_err(|error| Unreadable::of(&error))
    }
}

impl Unreadable {
    /// Keeps the text of an error and of its causes.
    pub fn of(error: &dyn std::error::Error) -> Self {
        Self(full_text(error))
    }
}

/// A value to be encoded, by who knows its type.
pub trait ToEncode: Send {
    /// Encodes it in one of Lyceum's own encodings.
    ///
    /// # Errors
    ///
    /// Says why it has no form there.
    fn encode(&self, encoding: Encoding) -> Result<(Encoding, Vec<u8>), CodecError>;

    /// Returns it for any other format.
    fn erased(&self) -> &dyn erased_serde::Serialize;
}

impl<T: Serialize + Send> ToEncode for T {
    fn encode(&self, encoding: Encoding) -> Result<(Encoding, Vec<u8>), CodecError> {
        encoding.encode(self)
    }

    fn erased(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

/// What reads a value from a deserializer of any format.
pub type ReadValue<'r> =
    &'r mut dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error>;

/// Says why a value could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// Decodes a value that arrived.
///
/// # Errors
///
/// Says what was expected.
pub fn decode<T: DeserializeOwned>(encoded: &dyn Encoded) -> Result<T, Unreadable> {
    if let Some(bytes) = encoded.bytes() {
        return bytes.decode();
    }
    let mut value = None;
    encoded.read(&mut |deserializer| {
        value = Some(erased_serde::deserialize::<T>(deserializer)?);
        Ok(())
    })?;
    value.ok_or_else(|| Unreadable("the value was not read".into()))
}

impl Encoded for serde_json::Value {
    fn read(&self, read: ReadValue<'_>) -> Result<(), Unreadable> {
        let mut deserializer = <dyn erased_serde::Deserializer<'_>>::erase(self);
        read(&mut deserializer).map_err(|error| Unreadable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_type_says_what_was_expected() {
        let value = serde_json::json!("two");
        assert_eq!(decode::<String>(&value).unwrap(), "two");
        let error = decode::<u64>(&value).unwrap_err().to_string();
        assert!(error.contains("expected u64"), "{error}");
    }
}
