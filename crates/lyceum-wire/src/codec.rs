//! Codecs: values to bytes and back.
//!
//! | codec | a struct is written | enum variants are written | needs feature |
//! |---|---|---|---|
//! | [`Json`] | by names | by names | |
//! | [`MessagePack`], named | by names | by names | `messagepack` |
//! | [`MessagePack`], compact | by position | by names | `messagepack` |
//! | [`Postcard`] | by position | by position | `postcard` |
//!
//! What is written by position can only be read by who has the very same type, so that it is for
//! two ends whose [fingerprints](crate::fingerprint) agree. What is written by names can be read
//! by who has a field more or less.
//!
//! All of them keep to the same rules when they read, since what they read comes from outside:
//!
//! - nesting is limited, to [`NESTING_LIMIT`] levels unless set;
//! - an announced length never leads to an allocation that the received bytes do not justify;
//! - bytes after the value are an error;
//! - nothing that can be received makes them panic.

#[cfg(any(feature = "messagepack", feature = "postcard"))]
mod complete;
mod compression;
mod encoding;
mod erased;
mod error;
mod guard;
mod json;
mod kind;
#[cfg(feature = "messagepack")]
mod messagepack;
#[cfg(feature = "postcard")]
mod postcard;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;
pub use compression::{COMPRESSION_THRESHOLD, Compression, CompressionError};
pub use encoding::Encoding;
pub use error::CodecError;
pub use json::Json;
pub use kind::{CodecKind, Style, UnknownCodec};
#[cfg(feature = "messagepack")]
pub use messagepack::MessagePack;

/// How many levels a value may have, unless a codec is told otherwise.
pub const NESTING_LIMIT: usize = 64;

/// Receives the source of a value, and takes the value from it.
pub type ReadValue<'r, 'de> =
    dyn FnMut(&mut dyn erased_serde::Deserializer<'de>) -> Result<(), erased_serde::Error> + 'r;

/// Turns values into bytes and back.
///
/// Who knows the type of the value wants [`encode_value`] and [`decode_value`], or, for speed, the
/// methods of [`Encoding`], which do not go through this trait.
///
/// ```
/// use lyceum_wire::{Codec, Json};
///
/// let mut bytes = Vec::new();
/// Json::new().encode(&("bolt", 3), &mut bytes)?;
/// assert_eq!(bytes, br#"["bolt",3]"#);
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
pub trait Codec: Send + Sync + fmt::Debug {
    /// Returns the name by which two ends agree on it.
    fn name(&self) -> &'static str;

    /// Returns whether what it writes can be read by the names of fields, without the type.
    fn is_self_describing(&self) -> bool;

    /// Appends the encoded value.
    ///
    /// # Errors
    ///
    /// If the value has no form in this codec, and leaves what was there before.
    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError>;

    /// Lets `read` take a value that takes up all of the bytes.
    ///
    /// # Errors
    ///
    /// If the bytes are no such value, nest too deeply, announce more than there is, or go on
    /// after it.
    fn decode<'de>(
        &self,
        bytes: &'de [u8],
        read: &mut ReadValue<'_, 'de>,
    ) -> Result<(), CodecError>;
}

/// Encodes a value.
///
/// ```
/// use lyceum_wire::{Json, decode_value, encode_value};
///
/// let bytes = encode_value(&Json::new(), &[1, 2])?;
/// assert_eq!(decode_value::<Vec<u8>>(&Json::new(), &bytes)?, [1, 2]);
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
///
/// # Errors
///
/// If the value has no form in this codec.
pub fn encode_value<T>(codec: &dyn Codec, value: &T) -> Result<Vec<u8>, CodecError>
where
    T: Serialize + ?Sized,
{
    let mut bytes = Vec::new();
    codec.encode(&value, &mut bytes)?;
    Ok(bytes)
}

/// Decodes a value that takes up all of the bytes.
///
/// # Errors
///
/// If the bytes are no such value; see [`Codec::decode`].
pub fn decode_value<'de, T>(codec: &dyn Codec, bytes: &'de [u8]) -> Result<T, CodecError>
where
    T: Deserialize<'de>,
{
    let mut value = None;
    codec.decode(bytes, &mut |source| {
        value = Some(erased_serde::deserialize(source)?);
        Ok(())
    })?;
    Ok(value.expect("a codec that succeeds has let its caller read the value"))
}
