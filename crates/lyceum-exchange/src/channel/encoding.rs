//! Values on a channel: encoded for the other side, or received from it.

use bytes::Bytes;
use lyceum_core::exchange::{Encoded, EncodedBytes, ReadValue, Unreadable};
use lyceum_wire::Encoding;

/// A value that was received, decoded by whoever knows its type.
pub(super) struct Received {
    encoding: Encoding,
    bytes: Bytes,
    limit: usize,
}

impl Received {
    /// Wraps a value whose plain bytes are `limit` at most.
    pub(super) fn new(encoding: Encoding, bytes: Bytes, limit: usize) -> Self {
        Self { encoding, bytes, limit }
    }

    pub(super) fn boxed(encoding: Encoding, bytes: Bytes, limit: usize) -> Box<dyn Encoded> {
        Box::new(Self::new(encoding, bytes, limit))
    }
}

impl Encoded for Received {
    fn bytes(&self) -> Option<EncodedBytes<'_>> {
        Some(EncodedBytes { encoding: self.encoding, bytes: &self.bytes, limit: self.limit })
    }

    fn read(&self, read: ReadValue<'_>) -> Result<(), Unreadable> {
        let plain = self.encoding.unpack(&self.bytes, self.limit);
        let plain = plain.map_err(|error| Unreadable::of(&error))?;
        let codec = self.encoding.codec.codec(self.encoding.style);
        let codec = codec.map_err(|error| Unreadable::of(&error))?;
        codec
            .decode(&plain, &mut |deserializer| read(deserializer))
            .map_err(|error| Unreadable::of(&error))
    }
}
