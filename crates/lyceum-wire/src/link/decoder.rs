//! Bytes to frames.

use bytes::{Buf, Bytes, BytesMut};

use super::{Frame, HANDSHAKE_FRAME_LIMIT, HEAD_LIMIT, Head, LinkError, Opening, PREFACE};

/// Cuts what came in into frames, as far as it has come.
///
/// It copies no bodies: they are slices of the buffer. An error is final, and says what was
/// expected; the buffer is left as it is.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::link::{Decoder, Head};
///
/// let mut decoder = Decoder::new();
/// let mut bytes = BytesMut::from(&b"LYCEUM\0\x01\x03\0\0\0\x00\x0d"[..]);
/// assert_eq!(decoder.decode(&mut bytes)?, None, "the frame is not complete");
/// bytes.extend_from_slice(b"\x07");
/// assert_eq!(decoder.decode(&mut bytes)?.unwrap().head, Head::Ping { number: 7 });
/// # Ok::<(), lyceum_wire::link::LinkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    frame_limit: u32,
    greeted: bool,
}

/// How much of what a stranger sent is shown.
const SHOWN: usize = 32;

/// The part of the preface in front of the version of the framing.
const NAME: usize = PREFACE.len() - 1;

/// The length in front of each frame.
const LENGTH: usize = size_of::<u32>();

impl Decoder {
    /// Makes a decoder that expects the preface, and then the short frames of a handshake.
    pub const fn new() -> Self {
        Self { frame_limit: HANDSHAKE_FRAME_LIMIT, greeted: false }
    }

    /// Allows frames of at most so many bytes from now on.
    ///
    /// This is due as soon as the terms are known: long frames may follow the other side's welcome.
    pub const fn set_frame_limit(&mut self, limit: u32) {
        self.frame_limit = limit;
    }

    /// Takes the next frame from the buffer, if all of it is there.
    ///
    /// # Errors
    ///
    /// If the other side is no Lyceum node, a frame is too long, or its head cannot be read.
    pub fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<Frame>, LinkError> {
        if !self.greeted {
            check_preface(bytes)?;
            if bytes.len() < PREFACE.len() {
                return Ok(None);
            }
            bytes.advance(PREFACE.len());
            self.greeted = true;
        }
        let Some(length) = bytes.first_chunk::<LENGTH>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length);
        if length > self.frame_limit {
            let limit = self.frame_limit;
            return Err(LinkError::FrameTooLong { length: length.into(), limit });
        }
        let end = LENGTH + length as usize;
        if bytes.len() < end {
            return Ok(None);
        }
        let (opening, head, head_length) = read_head(&bytes[LENGTH..end])?;
        let body = take_body(bytes, LENGTH + head_length, end);
        Ok(Some(Frame { head, body, opening }))
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Refuses a stranger as soon as there is one byte that a Lyceum node would not have sent.
fn check_preface(bytes: &[u8]) -> Result<(), LinkError> {
    let name = &bytes[..bytes.len().min(NAME)];
    if !PREFACE.starts_with(name) {
        let found = bytes[..bytes.len().min(SHOWN)].to_vec();
        return Err(LinkError::Stranger { found });
    }
    let expected = PREFACE[NAME];
    match bytes.get(NAME) {
        Some(&found) if found != expected => Err(LinkError::Framing { expected, found }),
        _ => Ok(()),
    }
}

/// Reads the head of a frame and returns its length, too.
fn read_head(frame: &[u8]) -> Result<(Option<Opening>, Head, usize), LinkError> {
    let possible = &frame[..frame.len().min(HEAD_LIMIT)];
    let ((opening, head), rest) = postcard::take_from_bytes::<(Option<Opening>, Head)>(possible)
        .map_err(|source| LinkError::Head { source })?;
    head.check()?;
    let length = possible.len() - rest.len();
    let has_body = frame.len() > length;
    if (has_body || opening.is_some()) && !head.may_have_body() {
        return Err(LinkError::UnexpectedBody { head: head.name() });
    }
    Ok((opening, head, length))
}

/// Takes a frame from the buffer, and returns what is between `start` and `end` of it.
fn take_body(bytes: &mut BytesMut, start: usize, end: usize) -> Bytes {
    if start == end {
        bytes.advance(end);
        return Bytes::new();
    }
    bytes.advance(start);
    bytes.split_to(end - start).freeze()
}
