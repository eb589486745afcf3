//! Small messages, encoded, in the order in which they were pushed.

use std::collections::VecDeque;
use std::mem;

use bytes::BytesMut;

use super::{CHUNK_SIZE, Encoder, Head, LinkError};

/// Encoded frames in segments, of which one is written at a time.
#[derive(Debug, Default)]
pub(super) struct Lane {
    segments: VecDeque<Segment>,
    /// How many segments have been taken.
    taken: u64,
    /// A buffer that was written and can be used again.
    spare: BytesMut,
}

/// Whole frames that are written together.
#[derive(Debug, Default)]
struct Segment {
    bytes: BytesMut,
    frames: usize,
}

impl Lane {
    /// Adds a frame and returns how long it is.
    pub(super) fn encode(
        &mut self,
        encoder: Encoder,
        head: &Head,
        body: &[u8],
    ) -> Result<usize, LinkError> {
        let segment = self.segment();
        let before = segment.bytes.len();
        encoder.encode(head, body, &mut segment.bytes)?;
        segment.frames += 1;
        Ok(segment.bytes.len() - before)
    }

    /// Adds a frame that is encoded already.
    pub(super) fn append(&mut self, frame: &[u8]) {
        let segment = self.segment();
        segment.bytes.extend_from_slice(frame);
        segment.frames += 1;
    }

    /// Moves the next segment into an empty buffer, and returns how many frames it has.
    pub(super) fn take(&mut self, into: &mut BytesMut) -> usize {
        let Some(segment) = self.segments.pop_front() else { return 0 };
        self.taken += 1;
        self.spare = mem::replace(into, segment.bytes);
        segment.frames
    }

    /// Returns what [`has_passed`](Self::has_passed) takes, for all that is here now.
    pub(super) fn mark(&self) -> u64 {
        self.taken + self.segments.len() as u64
    }

    /// Returns whether all has been taken that was here when the mark was made.
    pub(super) fn has_passed(&self, mark: u64) -> bool {
        self.taken >= mark
    }

    /// Returns the last segment, if it has room, or a new one.
    fn segment(&mut self) -> &mut Segment {
        let has_room = |segment: &Segment| segment.bytes.len() < CHUNK_SIZE;
        if !self.segments.back().is_some_and(has_room) {
            let bytes = mem::take(&mut self.spare);
            self.segments.push_back(Segment { bytes, frames: 0 });
        }
        self.segments.back_mut().expect("a segment was added if there was none")
    }
}
