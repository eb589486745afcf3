//! Large bodies, put together from their chunks.

use std::collections::HashMap;

use bytes::BytesMut;

use super::{BODIES_UNDER_WAY, Frame, Head, LinkError, MESSAGE_LIMIT, Message, Opening, Part};

/// How many times what came so far there is room for, once it must be moved.
const GROWTH: usize = 4;

/// Makes whole messages of frames, of which some have only a part of a body.
///
/// Bodies grow as their chunks come: nothing is allocated for a length that is only announced.
///
/// ```
/// use bytes::Bytes;
/// use lyceum_wire::link::{Frame, Head, Opening, Part, Reassembly};
/// use lyceum_wire::Encoding;
///
/// let item = Head::Item { id: 1, encoding: Encoding::JSON };
/// let opening = Some(Opening { stream: 0, size: 4 });
/// let mut reassembly = Reassembly::new(1 << 20);
/// let announced = Frame { head: item.clone(), body: Bytes::new(), opening };
/// assert_eq!(reassembly.accept(announced)?, None);
///
/// let head = Head::Chunk { stream: 0, part: Part::Last };
/// let chunk = Frame { head, body: Bytes::from_static(b"true"), opening: None };
/// let message = reassembly.accept(chunk)?.unwrap();
/// assert_eq!((message.head, &message.body[..]), (item, &b"true"[..]));
/// # Ok::<(), lyceum_wire::link::LinkError>(())
/// ```
#[derive(Debug)]
pub struct Reassembly {
    message_limit: u64,
    partial: HashMap<u32, Partial>,
    /// The sum of what the partial bodies are to become.
    announced: u64,
}

/// A body of which some is missing.
#[derive(Debug)]
struct Partial {
    head: Head,
    size: u64,
    received: BytesMut,
}

impl Reassembly {
    /// Makes an empty one for bodies of at most so many bytes, those under way together.
    pub fn new(message_limit: u64) -> Self {
        Self { message_limit, partial: HashMap::new(), announced: 0 }
    }

    /// Takes a frame, and returns the message that is complete with it.
    ///
    /// # Errors
    ///
    /// If a body is announced twice or too large, or a chunk does not fit what was announced. The
    /// channel is to be closed then.
    pub fn accept(&mut self, frame: Frame) -> Result<Option<Message>, LinkError> {
        let Frame { head, body, opening } = frame;
        match (head, opening) {
            (Head::Chunk { stream, part }, None) => self.append(stream, part, &body),
            (Head::Chunk { stream, .. }, Some(_)) => Err(LinkError::BodyTwice { stream }),
            (head, Some(_)) if !body.is_empty() => {
                Err(LinkError::UnexpectedBody { head: head.name() })
            }
            (head, Some(opening)) => self.open(head, opening),
            (_, None) if body.len() as u64 > self.message_limit => {
                Err(self.too_large(body.len() as u64))
            }
            (head, None) => Ok(Some(Message { head, body })),
        }
    }

    /// Returns how many bodies are under way.
    pub fn under_way(&self) -> usize {
        self.partial.len()
    }

    fn open(&mut self, head: Head, opening: Opening) -> Result<Option<Message>, LinkError> {
        let Opening { stream, size } = opening;
        if size > self.message_limit {
            return Err(self.too_large(size));
        }
        if self.partial.contains_key(&stream) {
            return Err(LinkError::BodyTwice { stream });
        }
        if self.partial.len() == BODIES_UNDER_WAY {
            let limit = BODIES_UNDER_WAY as u64;
            return Err(LinkError::TooManyBodies { unit: "pieces", limit });
        }
        if size > self.message_limit - self.announced {
            let limit = self.message_limit;
            return Err(LinkError::TooManyBodies { unit: "bytes", limit });
        }
        self.announced += size;
        self.partial.insert(stream, Partial { head, size, received: BytesMut::new() });
        Ok(None)
    }

    fn append(
        &mut self,
        stream: u32,
        part: Part,
        body: &[u8],
    ) -> Result<Option<Message>, LinkError> {
        let Some(partial) = self.partial.get_mut(&stream) else {
            return Err(LinkError::UnknownBody { stream });
        };
        partial.check(stream, part, body)?;
        partial.grow(body.len());
        partial.received.extend_from_slice(body);
        if part == Part::More {
            return Ok(None);
        }
        let closed = self.close(stream).filter(|_| part == Part::Last);
        Ok(closed.map(|Partial { head, received, .. }| Message { head, body: received.freeze() }))
    }

    fn close(&mut self, stream: u32) -> Option<Partial> {
        let partial = self.partial.remove(&stream)?;
        self.announced -= partial.size;
        Some(partial)
    }

    fn too_large(&self, size: u64) -> LinkError {
        LinkError::BodyTooLarge { size, limit: self.message_limit }
    }
}

impl Partial {
    /// Makes room for a chunk: for as much again as came so far and more, so that a large body is
    /// moved seldom, but never for what was only announced.
    fn grow(&mut self, chunk: usize) {
        let length = self.received.len() + chunk;
        if length > self.received.capacity() {
            let size = usize::try_from(self.size).unwrap_or(usize::MAX);
            let room = length.saturating_mul(GROWTH).min(size).max(length);
            self.received.reserve(room - self.received.len());
        }
    }

    /// Checks that a chunk fits.
    fn check(&self, stream: u32, part: Part, body: &[u8]) -> Result<(), LinkError> {
        let (announced, found) = (self.size, (self.received.len() + body.len()) as u64);
        let (is_odd, is_right) = match part {
            Part::More => (body.is_empty(), found < announced),
            Part::Last => (false, found == announced),
            Part::Abandoned => (!body.is_empty(), true),
        };
        if is_odd {
            return Err(LinkError::EmptyChunk { stream });
        }
        if !is_right {
            return Err(LinkError::WrongSize { stream, announced, found });
        }
        Ok(())
    }
}

impl Default for Reassembly {
    fn default() -> Self {
        Self::new(MESSAGE_LIMIT)
    }
}
