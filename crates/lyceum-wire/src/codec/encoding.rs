//! How a value was made into bytes: codec, style and compression.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[cfg(feature = "messagepack")]
use super::MessagePack;
#[cfg(feature = "postcard")]
use super::Postcard;
use super::{CodecError, CodecKind, Compression, CompressionError, Json, Style, decode_value};

/// Everything that the reader of an encoded value must know besides its type.
///
/// ```
/// use lyceum_wire::{CodecKind, Encoding, Style};
///
/// let (encoding, bytes) = Encoding::JSON.encode(&("bolt", 3))?;
/// assert_eq!(encoding.decode::<(String, u8)>(&bytes, 1000)?, ("bolt".to_owned(), 3));
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Encoding {
    /// The codec.
    pub codec: CodecKind,
    /// How fields are told apart.
    pub style: Style,
    /// How the codec's bytes are compressed.
    #[serde(default)]
    pub compression: Compression,
}

impl Encoding {
    /// JSON, which every program can read.
    pub const JSON: Self = Self::new(CodecKind::Json, Style::SelfDescribing);

    /// Makes an encoding without compression.
    pub const fn new(codec: CodecKind, style: Style) -> Self {
        Self { codec, style, compression: Compression::None }
    }

    /// Compresses the codec's bytes where that makes a difference.
    #[must_use]
    pub const fn compressed(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Returns the encoded value and how it was encoded: without compression if that did not help.
    ///
    /// # Errors
    ///
    /// If the value has no form in the codec, or the program was built without the codec.
    pub fn encode<T>(mut self, value: &T) -> Result<(Self, Vec<u8>), CodecError>
    where
        T: Serialize + ?Sized,
    {
        let mut bytes = Vec::new();
        self.write(value, &mut bytes)?;
        if let Some(packed) = self.compression.pack(&bytes) {
            return Ok((self, packed));
        }
        self.compression = Compression::None;
        Ok((self, bytes))
    }

    /// Returns the codec's bytes, `limit` of them at most.
    ///
    /// # Errors
    ///
    /// If they are too many, or the compressed bytes are damaged.
    pub fn unpack(self, bytes: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, CompressionError> {
        match self.compression {
            Compression::None if bytes.len() <= limit => Ok(Cow::Borrowed(bytes)),
            compression => compression.unpack(bytes, limit).map(Cow::Owned),
        }
    }

    /// Decodes a value whose codec's bytes are `limit` at most.
    ///
    /// # Errors
    ///
    /// If the bytes are no such value, or the program was built without the codec.
    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8], limit: usize) -> Result<T, CodecError> {
        self.take(&self.unpack(bytes, limit)?)
    }

    fn write<T>(self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError>
    where
        T: Serialize + ?Sized,
    {
        match (self.codec, self.style) {
            (CodecKind::Json, _) => Json::new().write(value, into),
            #[cfg(feature = "messagepack")]
            (CodecKind::MessagePack, style) => MessagePack::with_style(style).write(value, into),
            #[cfg(feature = "postcard")]
            (CodecKind::Postcard, Style::Positional) => Postcard::new().write(value, into),
            (codec, style) => codec.codec(style)?.encode(&value, into),
        }
    }

    fn take<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, CodecError> {
        match (self.codec, self.style) {
            (CodecKind::Json, _) => Json::new().take(bytes, PhantomData),
            #[cfg(feature = "messagepack")]
            (CodecKind::MessagePack, _) => MessagePack::compact().take(bytes, PhantomData),
            #[cfg(feature = "postcard")]
            (CodecKind::Postcard, Style::Positional) => Postcard::new().take(bytes, PhantomData),
            (codec, style) => decode_value(codec.codec(style)?, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns every encoding that this program can write.
    fn encodings() -> Vec<Encoding> {
        let mut encodings = Vec::new();
        for codec in CodecKind::built_in() {
            for style in [Style::Positional, Style::SelfDescribing] {
                for compression in Compression::ALL {
                    if codec.codec(style).is_ok() {
                        encodings.push(Encoding::new(codec, style).compressed(compression));
                    }
                }
            }
        }
        encodings
    }

    #[test]
    fn each_codec_can_be_compressed() {
        let value = vec!["to and fro".to_owned(); 1000];
        for encoding in encodings() {
            let (used, bytes) = encoding.encode(&value).unwrap();

            let shrunk = bytes.len() < 1000;
            assert_eq!(shrunk, used.compression != Compression::None, "{encoding:?}");
            assert_eq!(used.decode::<Vec<String>>(&bytes, 20_000).unwrap(), value);
        }
    }

    #[test]
    fn a_short_value_is_marked_as_plain() {
        for encoding in encodings() {
            let (used, bytes) = encoding.encode(&7_u8).unwrap();

            assert_eq!(used.compression, Compression::None);
            assert_eq!(used.decode::<u8>(&bytes, 10).unwrap(), 7);
        }
    }

    #[test]
    fn the_limit_counts_the_plain_bytes() {
        let value = "x".repeat(5000);
        for encoding in encodings() {
            let (used, bytes) = encoding.encode(&value).unwrap();

            let error = used.decode::<String>(&bytes, 4999).unwrap_err();

            assert!(matches!(error, CodecError::Compression(_)), "{error}");
        }
    }
}
