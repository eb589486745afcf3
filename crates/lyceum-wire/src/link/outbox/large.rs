//! Large bodies that wait for their turn, or take turns.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::held::Order;
use super::lane::Lane;
use super::{Burst, CHUNK_SIZE, Encoder, Head, LinkError, Message};
use crate::link::{BODIES_UNDER_WAY, Opening, Part, SPENT_SIZE};

/// All large bodies that may go out.
#[derive(Debug)]
pub(super) struct LargeBodies {
    /// How many bytes may be open together.
    limit: u64,
    /// Those that have not begun, with the mark of what must go out before.
    waiting: VecDeque<(u64, Large)>,
    /// Those that take turns, the next one in front.
    open: VecDeque<Large>,
    open_bytes: u64,
}

/// One large body.
#[derive(Debug)]
pub(super) struct Large {
    stream: u32,
    size: u64,
    /// The frame that announces it, until that has gone out.
    opening: BytesMut,
    /// What has not gone out of the body.
    rest: Bytes,
    order: Option<Order>,
    /// The call that it belongs to.
    call: Option<u64>,
    is_abandoned: bool,
}

impl LargeBodies {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, waiting: VecDeque::new(), open: VecDeque::new(), open_bytes: 0 }
    }

    /// Adds a body that may begin when the lane has passed the mark.
    pub(super) fn wait(&mut self, mark: u64, large: Large) {
        self.waiting.push_back((mark, large));
    }

    /// Lets those begin that may.
    ///
    /// The other node refuses more bodies than this at once, and more bytes of them.
    pub(super) fn open(&mut self, lane: &Lane) {
        while let Some((mark, large)) = self.waiting.front() {
            let fits = self.open.is_empty() || self.open_bytes + large.size <= self.limit;
            if !lane.has_passed(*mark) || !fits || self.open.len() == BODIES_UNDER_WAY {
                return;
            }
            if let Some((_, large)) = self.waiting.pop_front() {
                self.open_bytes += large.size;
                self.open.push_back(large);
            }
        }
    }

    /// Adds the next chunk to a burst, and returns the body if it is through with it.
    pub(super) fn next_chunk(&mut self, encoder: Encoder, burst: &mut Burst) -> Option<Large> {
        let mut large = self.open.pop_front()?;
        burst.frames.extend_from_slice(&large.opening);
        large.opening = BytesMut::new();
        let part = large.take_chunk(&mut burst.tail);
        let head = Head::Chunk { stream: large.stream, part };
        encoder
            .encode_head(None, &head, burst.tail.len(), &mut burst.frames)
            .expect("the frame of a chunk is shorter than any frame limit");
        burst.is_last = part == Part::Last && large.size > SPENT_SIZE;
        if part == Part::More {
            self.open.push_back(large);
            return None;
        }
        self.open_bytes -= large.size;
        Some(large)
    }

    /// Takes away the body of a call of which nothing has gone out.
    pub(super) fn take(&mut self, call: u64) -> Option<Large> {
        let is_it = |large: &Large| large.call == Some(call) && !large.opening.is_empty();
        if let Some(place) = self.waiting.iter().position(|(_, large)| is_it(large)) {
            return self.waiting.remove(place).map(|(_, large)| large);
        }
        let place = self.open.iter().position(is_it)?;
        let large = self.open.remove(place)?;
        self.open_bytes -= large.size;
        Some(large)
    }

    /// Gives up the body of a call that has begun, and returns how many bytes do not go out.
    ///
    /// It keeps its turn, in which the other node is told.
    pub(super) fn abandon(&mut self, call: u64) -> Option<usize> {
        let large = self.open.iter_mut().find(|large| large.call == Some(call))?;
        large.is_abandoned = true;
        Some(std::mem::take(&mut large.rest).len())
    }
}

impl Large {
    /// Makes a large body of a message.
    pub(super) fn new(
        encoder: Encoder,
        stream: u32,
        order: Option<Order>,
        message: &Message,
    ) -> Result<Self, LinkError> {
        let Message { head, body } = message;
        let size = body.len() as u64;
        let mut opening = BytesMut::new();
        encoder.encode_head(Some(Opening { stream, size }), head, 0, &mut opening)?;
        let (rest, call) = (body.clone(), head.call());
        Ok(Self { stream, size, opening, rest, order, call, is_abandoned: false })
    }

    /// Returns how many bytes of the body have not gone out.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn order(&self) -> Option<Order> {
        self.order
    }

    pub(super) fn call(&self) -> Option<u64> {
        self.call
    }

    fn take_chunk(&mut self, into: &mut Bytes) -> Part {
        if self.is_abandoned {
            return Part::Abandoned;
        }
        *into = self.rest.split_to(self.rest.len().min(CHUNK_SIZE));
        if self.rest.is_empty() { Part::Last } else { Part::More }
    }
}
