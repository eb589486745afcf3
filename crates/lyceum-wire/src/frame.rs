//! Frames: payloads with their length in front.

use thiserror::Error;

/// The bytes of the length, big-endian.
const HEADER: usize = 4;

/// Room that is made for a payload before its first byte is there.
const FIRST_ROOM: usize = 16 * 1024;

/// Cuts a stream of bytes into payloads, however the bytes arrive.
///
/// The length of a payload is checked as soon as it is known, and memory grows with what really
/// came: to twice that, at most, above the first 16 KiB.
///
/// ```
/// use lyceum_wire::{FrameDecoder, write_frame};
///
/// let mut stream = Vec::new();
/// write_frame(b"one", &mut stream)?;
/// write_frame(b"two", &mut stream)?;
///
/// let mut decoder = FrameDecoder::new(1024);
/// let mut payloads = Vec::new();
/// for mut part in stream.chunks(5) {
///     while let Some(payload) = decoder.feed(&mut part)? {
///         payloads.push(payload);
///     }
/// }
/// assert_eq!(payloads, [b"one", b"two"]);
/// # Ok::<(), lyceum_wire::FrameError>(())
/// ```
#[derive(Debug)]
pub struct FrameDecoder {
    limit: usize,
    part: Part,
}

/// What has come of the frame that is being read.
#[derive(Debug)]
enum Part {
    Header { bytes: [u8; HEADER], filled: usize },
    Payload { bytes: Vec<u8>, length: usize },
    Failed(FrameError),
}

/// Says why a payload cannot be framed, or a stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The payload is longer than allowed.
    #[error("cannot take a frame of {length} bytes: expected at most {limit}")]
    TooLong {
        /// The length of the payload.
        length: usize,
        /// The longest one that is allowed.
        limit: usize,
    },
}

impl FrameDecoder {
    /// Makes a decoder that refuses payloads longer than `limit`.
    pub fn new(limit: usize) -> Self {
        Self { limit, part: Part::START }
    }

    /// Takes bytes from the front of `input` and returns the payload, if that completed one.
    ///
    /// `None` means that all of `input` was taken; after a payload, there may be more in it.
    ///
    /// # Errors
    ///
    /// A frame that is too long cannot be skipped: each later call returns the same error.
    pub fn feed(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        if let Part::Header { bytes, filled } = &mut self.part {
            let taken = take(input, HEADER - *filled);
            bytes[*filled..*filled + taken.len()].copy_from_slice(taken);
            *filled += taken.len();
            if *filled < HEADER {
                return Ok(None);
            }
            self.part = Part::begin(*bytes, self.limit);
        }
        match &mut self.part {
            Part::Payload { bytes, length } => {
                let taken = take(input, *length - bytes.len());
                make_room(bytes, taken.len(), *length);
                bytes.extend_from_slice(taken);
            }
            Part::Failed(error) => return Err(*error),
            Part::Header { .. } => return Ok(None),
        }
        Ok(self.complete())
    }

    /// Returns whether no frame has begun: if the stream ends now, nothing was cut off.
    pub fn is_idle(&self) -> bool {
        matches!(self.part, Part::Header { filled: 0, .. })
    }

    fn complete(&mut self) -> Option<Vec<u8>> {
        match &mut self.part {
            Part::Payload { bytes, length } if bytes.len() == *length => {
                let payload = std::mem::take(bytes);
                self.part = Part::START;
                Some(payload)
            }
            _ => None,
        }
    }
}

impl Part {
    const START: Self = Self::Header { bytes: [0; HEADER], filled: 0 };

    fn begin(header: [u8; HEADER], limit: usize) -> Self {
        let length = u32::from_be_bytes(header) as usize;
        if length > limit {
            return Self::Failed(FrameError::TooLong { length, limit });
        }
        Self::Payload { bytes: Vec::new(), length }
    }
}

/// Appends a payload to `out`, with its length in front.
///
/// # Errors
///
/// The length must have room in 32 bits.
///
/// ```
/// let mut out = Vec::new();
/// lyceum_wire::write_frame(b"[1, 9, null]", &mut out)?;
/// assert_eq!(out, b"\0\0\0\x0c[1, 9, null]");
/// # Ok::<(), lyceum_wire::FrameError>(())
/// ```
pub fn write_frame(payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
    let length = payload.len();
    let header = u32::try_from(length)
        .map_err(|_| FrameError::TooLong { length, limit: u32::MAX as usize })?;
    out.extend_from_slice(&header.to_be_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

/// Takes up to `count` bytes from the front of `input`.
fn take<'a>(input: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at(count.min(input.len()));
    *input = rest;
    taken
}

/// Makes room for `more` bytes: twice what there is, but never more than the whole payload.
fn make_room(bytes: &mut Vec<u8>, more: usize, length: usize) {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let room = needed.saturating_mul(2).max(FIRST_ROOM).min(length);
        bytes.reserve_exact(room - bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_wherever_the_stream_is_cut() {
        let stream = [&[0, 0, 0, 0, 0, 0, 0, 3][..], b"abc", &[0, 0, 0, 1], b"d"].concat();
        for size in 1..=stream.len() {
            let mut decoder = FrameDecoder::new(3);
            let mut payloads = Vec::new();
            for mut part in stream.chunks(size) {
                while let Some(payload) = decoder.feed(&mut part).unwrap() {
                    payloads.push(payload);
                }
            }
            assert_eq!(payloads, [&b""[..], b"abc", b"d"], "in parts of {size}");
            assert!(decoder.is_idle());
        }
    }

    #[test]
    fn too_long_a_frame_ends_the_stream() {
        let mut decoder = FrameDecoder::new(3);
        let error = FrameError::TooLong { length: u32::MAX as usize, limit: 3 };

        assert_eq!(decoder.feed(&mut &[0xff; 64][..]), Err(error));
        assert_eq!(decoder.feed(&mut &[0, 0, 0, 0][..]), Err(error), "and stays ended");
    }

    /// The payload is never touched, so its pages are never made.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn payload_without_room_in_the_length_is_refused() {
        let limit = u32::MAX as usize;
        let payload = vec![0; limit + 1];
        let mut out = Vec::new();

        let error = FrameError::TooLong { length: limit + 1, limit };
        assert_eq!(write_frame(&payload, &mut out), Err(error));
        assert_eq!(out, [0_u8; 0], "nothing was begun");
    }

    #[test]
    fn memory_grows_with_what_came() {
        let mut decoder = FrameDecoder::new(1 << 30);
        decoder.feed(&mut &[0x3f, 0xff, 0xff, 0xff][..]).unwrap();
        for received in 1..=300 {
            decoder.feed(&mut &[0; 1000][..]).unwrap();
            let Part::Payload { bytes, .. } = &decoder.part else { panic!("no payload") };
            assert!(bytes.capacity() <= (2 * received * 1000).max(FIRST_ROOM));
        }
    }

    #[test]
    fn stream_that_ends_inside_a_frame_is_not_idle() {
        let mut decoder = FrameDecoder::new(9);
        assert!(decoder.is_idle());
        decoder.feed(&mut &[0][..]).unwrap();
        assert!(!decoder.is_idle());
        decoder.feed(&mut &[0, 0, 2, 7][..]).unwrap();
        assert!(!decoder.is_idle());
    }
}
