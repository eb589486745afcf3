//! Frames to bytes.

use bytes::{BufMut, BytesMut};
use postcard::ser_flavors::Flavor;
use serde::Serialize;

use super::{FRAME_LIMIT, HEAD_LIMIT, Head, LinkError, Opening};

/// Appends frames to a buffer.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::link::{Encoder, Head};
///
/// let mut bytes = BytesMut::new();
/// Encoder::default().encode(&Head::Ping { number: 7 }, b"", &mut bytes)?;
/// assert_eq!(&bytes[..], b"\x03\0\0\0\x00\x0d\x07");
/// # Ok::<(), lyceum_wire::link::LinkError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    frame_limit: u32,
}

/// The length in front of each frame.
const LENGTH: usize = size_of::<u32>();

impl Encoder {
    /// Makes an encoder for frames of at most so many bytes.
    pub const fn new(frame_limit: u32) -> Self {
        Self { frame_limit }
    }

    /// Appends a frame with a body that is complete in it.
    ///
    /// # Errors
    ///
    /// If the frame would be longer than the limit, or something in it is out of bounds. Nothing
    /// is appended then.
    pub fn encode(&self, head: &Head, body: &[u8], into: &mut BytesMut) -> Result<(), LinkError> {
        self.encode_head(None, head, body.len(), into)?;
        into.extend_from_slice(body);
        Ok(())
    }

    /// Appends a frame but for its body, of which the length must be known.
    pub(super) fn encode_head(
        &self,
        opening: Option<Opening>,
        head: &Head,
        body: usize,
        into: &mut BytesMut,
    ) -> Result<(), LinkError> {
        let start = into.len();
        let result = self.try_encode_head(opening, head, body, into);
        result.inspect_err(|_| into.truncate(start))
    }

    fn try_encode_head(
        &self,
        opening: Option<Opening>,
        head: &Head,
        body: usize,
        into: &mut BytesMut,
    ) -> Result<(), LinkError> {
        head.check()?;
        if (body > 0 || opening.is_some()) && !head.may_have_body() {
            return Err(LinkError::UnexpectedBody { head: head.name() });
        }
        let start = into.len();
        into.put_u32_le(0);
        let mut writer = postcard::Serializer { output: Appended(into) };
        (opening, head).serialize(&mut writer).map_err(|source| LinkError::Head { source })?;
        let head_length = into.len() - start - LENGTH;
        if head_length > HEAD_LIMIT {
            let (what, unit) = ("a head", "bytes");
            let (found, limit) = (head_length, HEAD_LIMIT);
            return Err(LinkError::OutOfBounds { what, unit, found, limit });
        }
        let length = self.length(head_length + body)?;
        into[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    fn length(&self, length: usize) -> Result<u32, LinkError> {
        match u32::try_from(length) {
            Ok(length) if length <= self.frame_limit => Ok(length),
            _ => Err(LinkError::FrameTooLong { length: length as u64, limit: self.frame_limit }),
        }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new(FRAME_LIMIT)
    }
}

/// Where encoded heads go: the end of a buffer.
pub(crate) struct Appended<'a>(pub(crate) &'a mut BytesMut);

impl Flavor for Appended<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.put_u8(byte);
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
