//! What is to be written next, and where: places are given out before anything is written.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::mailbox::{Event, Journal, Place};
use crate::store::{Cursor, record};

/// Bytes to be written to one segment.
pub(crate) struct Chunk {
    pub(crate) segment: u64,
    pub(crate) offset: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The end of the log: all of it that is not written yet.
pub(crate) struct Log {
    /// Where the next record goes.
    pub(crate) end: Cursor,
    /// Bytes of a segment.
    pub(crate) size: u32,
    /// Whether the segment after this one is allocated.
    pub(crate) has_spare: bool,
    /// Whether the disk had no space for one.
    pub(crate) is_full: bool,
    /// Whether nothing can be written any more.
    pub(crate) has_failed: bool,
    /// Bytes of all records, those before a restart left out.
    pub(crate) position: u64,
    /// Up to which byte of which segment everything is on disk.
    pub(crate) synced: Cursor,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) recent: Recent,
}

/// Bodies that were put lately, so that most are never read from disk.
pub(crate) struct Recent {
    bodies: HashMap<Place, Bytes>,
    order: VecDeque<Place>,
    bytes: usize,
    limit: usize,
}

/// What is set aside of the last segment for the end of messages: one eighth.
const RESERVE_PART: u32 = 8;

/// What one event that ends something may take, with a notice.
const UPKEEP: u32 = 4 << 10;

impl Log {
    pub(crate) fn new(segment: u64, size: u32, recent_limit: usize) -> Self {
        Self {
            end: Cursor { segment, offset: 0 },
            size,
            has_spare: false,
            is_full: false,
            has_failed: false,
            position: 0,
            synced: Cursor { segment, offset: 0 },
            chunks: Vec::new(),
            recent: Recent::new(recent_limit),
        }
    }

    fn left(&self) -> u32 {
        self.size - self.end.offset
    }

    /// Goes on in the next segment.
    fn roll(&mut self) {
        assert!(self.has_spare, "space is asked for before anything is taken down");
        self.end = Cursor { segment: self.end.segment + 1, offset: 0 };
        self.has_spare = false;
    }

    /// Returns the chunk at the end of the log.
    fn chunk(&mut self) -> &mut Chunk {
        let Cursor { segment, offset } = self.end;
        if self.chunks.last().is_none_or(|chunk| chunk.segment != segment) {
            self.chunks.push(Chunk { segment, offset, bytes: Vec::new() });
        }
        self.chunks.last_mut().expect("there is one now")
    }
}

impl Journal for Log {
    fn append(&mut self, event: &Event, body: &[u8]) -> Place {
        let synced = if self.synced.segment == self.end.segment { self.synced.offset } else { 0 };
        let chunk = self.chunk();
        let start = chunk.bytes.len();
        let body_start = record::write(event, body, synced, &mut chunk.bytes);
        let length = chunk.bytes.len() - start;
        if length as u64 > u64::from(self.left()) {
            // What it says of this segment would not hold in the next.
            self.chunk().bytes.truncate(start);
            self.chunks.retain(|chunk| !chunk.bytes.is_empty());
            self.roll();
            return self.append(event, body);
        }
        let length = u32::try_from(length).expect("a record is shorter than a segment");
        let body_length = u32::try_from(body.len()).expect("a body is shorter than a segment");
        let place =
            record::place(self.end.segment, self.end.offset as usize, (body_start, body_length));
        self.end.offset += length;
        self.position += u64::from(length);
        if !body.is_empty() {
            self.recent.insert(place, Bytes::copy_from_slice(body));
        }
        place
    }

    fn room(&self) -> u64 {
        if self.has_failed {
            return 0;
        }
        let reserve = (self.size / RESERVE_PART).max(2 * UPKEEP);
        let bytes = if self.has_spare { self.size } else { self.left() };
        u64::from(bytes.saturating_sub(reserve))
    }

    fn has_reserve(&self) -> bool {
        !self.has_failed && (self.has_spare || self.left() >= UPKEEP)
    }
}

impl Recent {
    fn new(limit: usize) -> Self {
        Self { bodies: HashMap::new(), order: VecDeque::new(), bytes: 0, limit }
    }

    fn insert(&mut self, place: Place, body: Bytes) {
        self.bytes += body.len();
        self.bodies.insert(place, body);
        self.order.push_back(place);
        while self.bytes > self.limit {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(body) = self.bodies.remove(&oldest) {
                self.bytes -= body.len();
            }
        }
    }

    pub(crate) fn find(&self, place: Place) -> Option<Bytes> {
        self.bodies.get(&place).cloned()
    }
}
