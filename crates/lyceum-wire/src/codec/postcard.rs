//! Postcard.

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeSeed;

use super::complete::{Complete, explain};
use super::erased::Erased;
use super::guard::{Guard, Names};
use super::{Codec, CodecError, NESTING_LIMIT, ReadValue};

/// Postcard: values without names or types, for two ends with the very same type.
///
/// Types that look at what the bytes say they are (`serde_json::Value`, untagged and internally
/// tagged enums, flattened fields) cannot be read: [`CodecError::NeedsNames`].
///
/// ```
/// use lyceum_wire::{Postcard, decode_value, encode_value};
///
/// let bytes = encode_value(&Postcard::new(), &("bolt", 3_u32))?;
/// assert_eq!(bytes, b"\x04bolt\x03");
/// assert_eq!(decode_value::<(String, u32)>(&Postcard::new(), &bytes)?.1, 3);
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Postcard {
    nesting: usize,
}

impl Postcard {
    const NAME: &'static str = "postcard";

    /// Makes the codec with the usual nesting limit.
    pub const fn new() -> Self {
        Self { nesting: NESTING_LIMIT }
    }

    /// Sets how many levels a value may have.
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
        let mut writer = postcard::Serializer { output: Appended(&mut *into) };
        let left_out = Default::default();
        value.serialize(Complete::new(&mut writer, &left_out)).map_err(|cause| {
            into.truncate(start);
            explain(Self::NAME, &left_out, cause)
        })
    }

    pub(super) fn take<'de, S: DeserializeSeed<'de>>(
        &self,
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, CodecError> {
        let mut source = postcard::Deserializer::from_bytes(bytes);
        let guard = Guard::new(Self::NAME, Names::Absent, self.nesting, bytes.len());
        let value = guard.take(&mut source, seed)?;
        match source.finalize() {
            Ok([]) => Ok(value),
            _ => Err(CodecError::TrailingBytes { codec: Self::NAME }),
        }
    }
}

impl Default for Postcard {
    fn default() -> Self {
        Self::new()
    }
}

impl Codec for Postcard {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn is_self_describing(&self) -> bool {
        false
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

/// Where encoded bytes go: the end of a vector.
struct Appended<'a>(&'a mut Vec<u8>);

impl Flavor for Appended<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
