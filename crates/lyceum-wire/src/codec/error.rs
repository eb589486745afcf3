//! Why a value could not be encoded or decoded.

use std::error::Error as StdError;

use thiserror::Error;

use super::{CodecKind, CompressionError};

/// Says why a value could not be encoded or decoded.
///
/// ```
/// use lyceum_wire::{CodecError, Json, decode_value};
///
/// let error = decode_value::<u8>(&Json::new(), b"7 8").unwrap_err();
/// assert!(matches!(error, CodecError::TrailingBytes { codec: "json" }));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value has no form in this codec.
    #[error("cannot encode the value as {codec}")]
    Encode {
        /// The codec's name.
        codec: &'static str,
        /// What it said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The bytes are no such value.
    #[error("cannot decode the value from {codec}")]
    Decode {
        /// The codec's name.
        codec: &'static str,
        /// What it said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// There are bytes after the value.
    #[error("cannot decode the value from {codec}: expected its end, found more bytes")]
    TrailingBytes {
        /// The codec's name.
        codec: &'static str,
    },
    /// The value has too many levels.
    #[error("cannot decode the value from {codec}: expected at most {limit} nested levels")]
    TooDeep {
        /// The codec's name.
        codec: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A list announces more elements than the bytes can carry.
    #[error("cannot decode the value from {codec}: expected no more elements than there are bytes")]
    TooMany {
        /// The codec's name.
        codec: &'static str,
    },
    /// A field is left out (`skip_serializing_if`) where fields are told apart by position.
    #[error(
        "cannot encode the value as {codec}: expected each field, found `{field}` left out, \
         which only encoding by names allows"
    )]
    FieldLeftOut {
        /// The codec's name.
        codec: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The type looks at what the bytes say they are, and they do not say it.
    #[error(
        "cannot decode the value from {codec}: its type can only be read from a codec by names"
    )]
    NeedsNames {
        /// The codec's name.
        codec: &'static str,
    },
    /// The codec does not work that way.
    #[error("cannot use {codec} to encode by names")]
    OnlyPositional {
        /// The codec.
        codec: CodecKind,
    },
    /// The program was built without the codec.
    #[error("cannot use {codec}: the program was built without it")]
    NotBuiltIn {
        /// The codec.
        codec: CodecKind,
    },
    /// The compressed bytes could not be unpacked.
    #[error("cannot unpack a compressed value")]
    Compression(#[from] CompressionError),
}

impl CodecError {
    pub(super) fn encode(
        codec: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Encode { codec, source: source.into() }
    }

    pub(super) fn decode(
        codec: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::Decode { codec, source: source.into() }
    }
}
