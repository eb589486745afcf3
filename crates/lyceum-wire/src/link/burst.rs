//! What is written at once.

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// Bytes that are written at once: some frames, and behind them at most one chunk of a large body,
/// which is not copied.
///
/// It is a [`Buf`] of two slices, for a vectored write, and is empty when all of it was written.
///
/// ```
/// use bytes::Buf;
/// use lyceum_wire::link::{Burst, Head, Message, Outbox, OutboxLimits};
///
/// let mut outbox = Outbox::new(OutboxLimits::default());
/// outbox.push(Message::new(Head::Ping { number: 7 }))?;
/// let mut burst = Burst::default();
/// assert!(outbox.fill(&mut burst));
/// assert_eq!(burst.remaining(), 7);
/// burst.advance(7);
/// assert!(!outbox.fill(&mut burst), "there is no more");
/// # Ok::<(), lyceum_wire::link::PushError>(())
/// ```
#[derive(Debug, Default)]
pub struct Burst {
    pub(super) frames: BytesMut,
    pub(super) tail: Bytes,
}

impl Buf for Burst {
    fn remaining(&self) -> usize {
        self.frames.len() + self.tail.len()
    }

    fn chunk(&self) -> &[u8] {
        if self.frames.is_empty() { &self.tail } else { &self.frames }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let parts = [&self.frames[..], &self.tail[..]];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let mut filled = 0;
        for (slice, part) in slices.iter_mut().zip(parts) {
            *slice = IoSlice::new(part);
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, count: usize) {
        let of_frames = count.min(self.frames.len());
        self.frames.advance(of_frames);
        self.tail.advance(count - of_frames);
        if self.tail.is_empty() {
            // Even an empty slice would keep the whole body.
            self.tail = Bytes::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_can_be_written_in_any_pieces() {
        for piece in 1..=7 {
            let frames = BytesMut::from(&b"frame"[..]);
            let mut burst = Burst { frames, tail: Bytes::from_static(b"tail") };
            let mut written = Vec::new();
            while burst.has_remaining() {
                let piece = piece.min(burst.remaining());
                written.extend_from_slice(&burst.copy_to_bytes(piece));
            }
            assert_eq!(written, b"frametail");
        }
    }

    #[test]
    fn both_parts_are_written_at_once() {
        let frames = BytesMut::from(&b"frame"[..]);
        let mut burst = Burst { frames, tail: Bytes::from_static(b"tail") };
        let mut slices = [IoSlice::new(&[]); 4];

        assert_eq!(burst.chunks_vectored(&mut slices), 2);
        burst.advance(5);
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(burst.chunks_vectored(&mut slices), 1);
        assert_eq!(&*slices[0], b"tail");
    }
}
