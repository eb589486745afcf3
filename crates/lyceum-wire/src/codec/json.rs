//! JSON.

use serde::Serialize;
use serde::de::DeserializeSeed;

use super::erased::Erased;
use super::guard::{Guard, Names};
use super::{Codec, CodecError, NESTING_LIMIT, ReadValue};

/// JSON (RFC 8259): fields by name, readable everywhere.
///
/// Floats that are not finite become `null`, and keys of maps must be strings, numbers or booleans.
///
/// ```
/// use lyceum_wire::{Json, decode_value, encode_value};
///
/// let bytes = encode_value(&Json::new(), &Some("bolt"))?;
/// assert_eq!(bytes, br#""bolt""#);
/// assert!(decode_value::<u8>(&Json::new(), b"[[7]]").is_err());
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Json {
    nesting: usize,
}

impl Json {
    const NAME: &'static str = "json";

    /// Makes the codec with the usual nesting limit.
    pub const fn new() -> Self {
        Self { nesting: NESTING_LIMIT }
    }

    /// Sets how many levels a value may have; above 127 there is no difference.
    #[must_use]
    pub const fn nesting(mut self, limit: usize) -> Self {
        self.nesting = limit;
        self
    }

    pub(super) fn write<T: Serialize + ?Sized>(
        &self,
        value: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let start = into.len();
        value.serialize(&mut serde_json::Serializer::new(&mut *into)).map_err(|cause| {
            into.truncate(start);
            CodecError::encode(Self::NAME, cause)
        })
    }

    pub(super) fn take<'de, S: DeserializeSeed<'de>>(
        &self,
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, CodecError> {
        let mut source = serde_json::Deserializer::from_slice(bytes);
        let guard = Guard::new(Self::NAME, Names::Present, self.nesting, bytes.len());
        let value = guard.take(&mut source, seed)?;
        source.end().map_err(|_| CodecError::TrailingBytes { codec: Self::NAME })?;
        Ok(value)
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Json {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn is_self_describing(&self) -> bool {
        true
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.write(value, into)
    }

    fn decode<'de>(
        &self,
        bytes: &'de [u8],
        read: &mut ReadValue<'_, 'de>,
    ) -> Result<(), CodecError> {
        self.take(bytes, Erased(read))
    }
}
