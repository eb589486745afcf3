//! MessagePack.

use serde::de::DeserializeSeed;
use serde::{Deserialize, Serialize};

use super::complete::{Complete, explain};
use super::erased::Erased;
use super::guard::{Guard, Names};
use super::{Codec, CodecError, NESTING_LIMIT, ReadValue, Style};

/// MessagePack: compact with structs as arrays, or named with structs as maps.
///
/// Both read what either has written.
///
/// ```
/// use lyceum_wire::{MessagePack, decode_value, encode_value};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Part { name: String, count: u8 }
///
/// #[derive(Deserialize)]
/// struct Count { count: u8 }
///
/// let bytes = encode_value(&MessagePack::named(), &Part { name: "bolt".into(), count: 3 })?;
/// assert_eq!(decode_value::<Count>(&MessagePack::compact(), &bytes)?.count, 3);
/// # Ok::<(), lyceum_wire::CodecError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MessagePack {
    named: bool,
    nesting: usize,
}

impl MessagePack {
    const NAME: &'static str = "messagepack";

    /// Makes the codec that writes structs as arrays.
    pub const fn compact() -> Self {
        Self { named: false, nesting: NESTING_LIMIT }
    }

    /// Makes the codec that writes structs as maps.
    pub const fn named() -> Self {
        Self { named: true, nesting: NESTING_LIMIT }
    }

    pub(super) const fn with_style(style: Style) -> Self {
        match style {
            Style::Positional => Self::compact(),
            Style::SelfDescribing => Self::named(),
        }
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
        let writer = rmp_serde::Serializer::new(&mut *into);
        let result = if self.named {
            value
                .serialize(&mut writer.with_struct_map())
                .map_err(|cause| CodecError::encode(Self::NAME, cause))
        } else {
            let left_out = Default::default();
            value
                .serialize(Complete::new(&mut writer.with_struct_tuple(), &left_out))
                .map_err(|cause| explain(Self::NAME, &left_out, cause))
        };
        result.inspect_err(|_| into.truncate(start))
    }

    pub(super) fn take<'de, S: DeserializeSeed<'de>>(
        &self,
        bytes: &'de [u8],
        seed: S,
    ) -> Result<S::Value, CodecError> {
        let mut source = rmp_serde::Deserializer::from_read_ref(bytes);
        source.set_max_depth(self.nesting.saturating_add(2));
        let guard = Guard::new(Self::NAME, Names::Present, self.nesting, bytes.len());
        let value = guard.take(&mut source, seed)?;
        // A number fails on its first byte only if there is none.
        match u8::deserialize(&mut source) {
            Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(CodecError::TrailingBytes { codec: Self::NAME }),
        }
    }
}

impl Codec for MessagePack {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn is_self_describing(&self) -> bool {
        self.named
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
