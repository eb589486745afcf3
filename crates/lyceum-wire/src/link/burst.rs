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
    /// Whether the tail is the last of a body whose memory is to come back.
    pub(super) is_last: bool,
    spent: Option<Bytes>,
}

impl Burst {
    /// Takes what keeps the memory of a body of more than [`SPENT_SIZE`](super::SPENT_SIZE) bytes
    /// that was written as a whole.
    ///
    /// It is empty. To drop it gives the body's memory back, which takes long.
    pub fn take_spent(&mut self) -> Option<Bytes> {
        self.spent.take()
    }
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
            // Even an empty slice keeps the whole body.
            let tail = std::mem::take(&mut self.tail);
            self.spent = std::mem::take(&mut self.is_last).then_some(tail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(frames: BytesMut) -> Burst {
        Burst { frames, tail: Bytes::from_static(b"tail"), ..Burst::default() }
    }

    #[test]
    fn the_memory_of_a_body_comes_back_with_its_last_chunk() {
        for is_last in [false, true] {
            let mut burst = Burst { is_last, ..burst(BytesMut::new()) };
            burst.advance(3);
            assert_eq!(burst.take_spent(), None);
            burst.advance(1);
            assert_eq!(burst.take_spent(), is_last.then(Bytes::new));
        }
    }

    #[test]
    fn a_burst_can_be_written_in_any_pieces() {
        for piece in 1..=7 {
            let frames = BytesMut::from(&b"frame"[..]);
            let mut burst = burst(frames);
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
        let mut burst = burst(frames);
        let mut slices = [IoSlice::new(&[]); 4];

        assert_eq!(burst.chunks_vectored(&mut slices), 2);
        burst.advance(5);
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(burst.chunks_vectored(&mut slices), 1);
        assert_eq!(&*slices[0], b"tail");
    }
}
