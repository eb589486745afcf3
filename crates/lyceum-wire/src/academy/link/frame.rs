//! Frames to bytes and back.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{FrameError, Head};
use crate::link::Appended;

/// The longest frame that is sent or taken, unless the two sides agree on less: 256 MiB.
pub const FRAME_LIMIT: usize = 256 << 20;

/// Bytes of frames in one message of the socket, unless a single frame has more: so that what comes
/// shows soon that the other side is alive.
pub const MESSAGE_BYTES: usize = 256 << 10;

/// The length in front of each frame.
const LENGTH: usize = size_of::<u32>();

/// A head with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<H> {
    /// What it is for.
    pub head: H,
    /// The message, where the head has one.
    pub body: Bytes,
}

/// Appends a frame to a buffer.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::academy::link::{ToClient, encode};
///
/// let mut bytes = BytesMut::new();
/// encode(&ToClient::Done { ids: vec![7] }, b"", &mut bytes)?;
/// assert_eq!(&bytes[..], b"\x03\0\0\0\x01\x01\x07");
/// # Ok::<(), lyceum_wire::academy::link::FrameError>(())
/// ```
///
/// # Errors
///
/// Something is out of bounds. Nothing is appended then.
pub fn encode<H: Head>(head: &H, body: &[u8], into: &mut BytesMut) -> Result<(), FrameError> {
    head.check()?;
    if !body.is_empty() && !head.has_body() {
        return Err(FrameError::Body);
    }
    let start = into.len();
    let result = append(head, body, into);
    result.inspect_err(|_| into.truncate(start))
}

fn append<H: Head>(head: &H, body: &[u8], into: &mut BytesMut) -> Result<(), FrameError> {
    let start = into.len();
    into.put_u32_le(0);
    let mut writer = postcard::Serializer { output: Appended(into) };
    head.serialize(&mut writer).map_err(|source| FrameError::Head { source })?;
    into.extend_from_slice(body);
    let length = into.len() - start - LENGTH;
    if length > FRAME_LIMIT {
        return Err(FrameError::TooLong { length: length as u64, limit: FRAME_LIMIT });
    }
    let length = u32::try_from(length).expect("the limit is below four gigabytes");
    into[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Takes as many whole frames from the front of a buffer as one message should have: up to about so
/// many bytes, and one frame at least.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::academy::link::{ToClient, cut, encode};
///
/// let mut frames = BytesMut::new();
/// for id in 0..3 {
///     encode(&ToClient::Done { ids: vec![id] }, b"", &mut frames)?;
/// }
/// assert_eq!((cut(&mut frames, 15).len(), cut(&mut frames, 1).len()), (14, 7));
/// assert!(frames.is_empty());
/// # Ok::<(), lyceum_wire::academy::link::FrameError>(())
/// ```
pub fn cut(frames: &mut BytesMut, limit: usize) -> Bytes {
    let mut end = 0;
    while let Some(length) = frames[end..].first_chunk::<LENGTH>() {
        let next = end + LENGTH + u32::from_le_bytes(*length) as usize;
        if end > 0 && next > limit {
            break;
        }
        end = next.min(frames.len());
    }
    frames.split_to(end).freeze()
}

/// Takes the next frame of a message; `None` if there is no more. Bodies are slices of `bytes`.
///
/// ```
/// use bytes::Bytes;
/// use lyceum_wire::academy::link::{ToClient, decode};
///
/// let mut bytes = Bytes::from_static(b"\x03\0\0\0\x01\x01\x07");
/// let frame = decode::<ToClient>(&mut bytes, 1024)?.expect("there is one");
/// assert_eq!(frame.head, ToClient::Done { ids: vec![7] });
/// assert_eq!(decode::<ToClient>(&mut bytes, 1024)?, None);
/// # Ok::<(), lyceum_wire::academy::link::FrameError>(())
/// ```
///
/// # Errors
///
/// Says what was expected. What follows is not to be read then.
pub fn decode<H: Head>(bytes: &mut Bytes, limit: usize) -> Result<Option<Frame<H>>, FrameError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let found = bytes.len();
    let Some(length) = bytes.first_chunk::<LENGTH>() else {
        return Err(FrameError::Truncated { length: LENGTH as u64, found });
    };
    let length = u32::from_le_bytes(*length);
    if u64::from(length) > limit as u64 {
        return Err(FrameError::TooLong { length: length.into(), limit });
    }
    let end = LENGTH + length as usize;
    if found < end {
        return Err(FrameError::Truncated { length: length.into(), found: found - LENGTH });
    }
    let (head, rest) = postcard::take_from_bytes::<H>(&bytes[LENGTH..end])
        .map_err(|source| FrameError::Head { source })?;
    let body = rest.len();
    head.check()?;
    if (body > 0) != head.has_body() {
        return Err(FrameError::Body);
    }
    let body = bytes.slice(end - body..end);
    bytes.advance(end);
    Ok(Some(Frame { head, body }))
}
