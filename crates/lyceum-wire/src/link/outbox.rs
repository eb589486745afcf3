//! What is to go out, and in which order.
//!
//! Small messages are encoded when they are pushed, and wait in segments of about a chunk's size.
//! Large bodies take turns: each burst has one segment and one chunk. So a small message waits for
//! what was pushed before it, with one chunk at most in each burst, and a large body goes on,
//! however many small messages there are.
//!
//! ```text
//!   push ─┬─ small ──────────────► lane: segment, segment, ... ───────┐
//!         ├─ large ──► waiting ──► open: a chunk of each in turn ─────┴─► fill ─► burst
//!         └─ behind a large one of the same sender: held until that one is through
//! ```

mod held;
mod lane;
mod large;

use bytes::{Buf, BytesMut};
use thiserror::Error;

use self::held::{Held, Order, Ready, Small};
use self::lane::Lane;
use self::large::{Large, LargeBodies};
use super::{
    Burst, CHUNK_SIZE, CONTROL_RESERVE, Encoder, FRAME_LIMIT, Head, LinkError, MESSAGE_LIMIT,
    Message, OUTBOX_BYTE_LIMIT, OUTBOX_LARGE_BYTE_LIMIT, OUTBOX_MESSAGE_LIMIT,
};

/// Messages that are to go out over one channel.
///
/// ```
/// use lyceum_wire::link::{Head, Message, Outbox, OutboxLimits};
///
/// let limits = OutboxLimits { messages: 2, ..OutboxLimits::default() };
/// let mut outbox = Outbox::new(limits);
/// for topic in ["a", "b"] {
///     outbox.push(Message::new(Head::Interest { add: vec![topic.into()], remove: vec![] }))?;
/// }
/// assert!(outbox.is_full());
/// outbox.push(Message::new(Head::Ping { number: 1 }))?; // keeps the channel going
/// # Ok::<(), lyceum_wire::link::PushError>(())
/// ```
#[derive(Debug)]
pub struct Outbox {
    encoder: Encoder,
    limits: OutboxLimits,
    lane: Lane,
    large: LargeBodies,
    held: Held,
    next_stream: u32,
    messages: usize,
    small_bytes: usize,
    large_bytes: usize,
}

/// How much an outbox holds, and how large its messages may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxLimits {
    /// How many messages it holds.
    pub messages: usize,
    /// How many bytes of small messages it holds.
    pub bytes: usize,
    /// How many bytes of large bodies it holds. One is let in while there are less, however large
    /// it is.
    pub large_bytes: usize,
    /// How long a body may be, as agreed with the other node.
    pub message_limit: u64,
    /// How long a frame may be, as agreed with the other node.
    pub frame_limit: u32,
}

/// Says why a message was not taken. It comes back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PushError {
    /// The outbox is full.
    #[error("cannot send `{}`: expected room in the outbox", .0.head.name())]
    Full(Box<Message>),
    /// The message itself is at fault.
    #[error("cannot send `{}`", .message.head.name())]
    Refused {
        /// The message.
        message: Box<Message>,
        /// What is wrong with it.
        #[source]
        reason: LinkError,
    },
}

/// How far a call was when it was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withdrawal {
    /// The other node hears nothing of it, or that it was given up before it was complete.
    InTime,
    /// It is not here any more, or is about to go out: the other node must be told to cancel it.
    TooLate,
}

impl Outbox {
    /// Makes an empty outbox.
    pub fn new(limits: OutboxLimits) -> Self {
        Self {
            encoder: Encoder::new(limits.frame_limit),
            limits,
            lane: Lane::default(),
            large: LargeBodies::new(limits.message_limit),
            held: Held::default(),
            next_stream: 0,
            messages: 0,
            small_bytes: 0,
            large_bytes: 0,
        }
    }

    /// Adds a message. Small ones arrive in the order in which they were pushed, and may overtake
    /// large ones.
    ///
    /// Results of one stream arrive in order in any case, and so do answers to one question.
    ///
    /// # Errors
    ///
    /// If the outbox is full, or the message is too large or out of bounds. What keeps the channel
    /// itself going is let into a full outbox, too, as long as there is not much of it.
    pub fn push(&mut self, message: Message) -> Result<(), PushError> {
        self.push_in_order(None, message)
    }

    /// Adds a message that arrives after all that was pushed for the same sender.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_from(&mut self, sender: u64, message: Message) -> Result<(), PushError> {
        self.push_in_order(Some(Order::Sender(sender)), message)
    }

    /// Takes back a call that may not have gone out.
    pub fn withdraw(&mut self, call: u64) -> Withdrawal {
        if let Some(ready) = self.held.take(call) {
            self.forget(&ready);
            return Withdrawal::InTime;
        }
        if let Some(large) = self.large.take(call) {
            let order = large.order();
            self.forget(&Ready::Large(large));
            self.let_go(order);
            return Withdrawal::InTime;
        }
        match self.large.abandon(call) {
            Some(bytes) => {
                self.large_bytes -= bytes;
                Withdrawal::InTime
            }
            None => Withdrawal::TooLate,
        }
    }

    /// Puts into an empty burst what is to be written next; does nothing to one that is not empty.
    ///
    /// Returns whether there is something to write.
    pub fn fill(&mut self, burst: &mut Burst) -> bool {
        if burst.has_remaining() {
            return true;
        }
        self.messages -= self.lane.take(&mut burst.frames);
        self.small_bytes -= burst.frames.len();
        self.large.open(&self.lane);
        let done = self.large.next_chunk(self.encoder, burst);
        self.large_bytes -= burst.tail.len();
        if let Some(large) = done {
            self.messages -= 1;
            self.let_go(large.order());
        }
        burst.has_remaining()
    }

    /// Returns whether no message is let in, so that whoever has one must wait.
    pub fn is_full(&self) -> bool {
        !self.has_room(0)
    }

    /// Returns whether a message with a body of that size is let in.
    ///
    /// Large bodies do not take away the room of small messages.
    pub fn has_room(&self, body: usize) -> bool {
        let has_bytes = if is_large(body) {
            self.large_bytes < self.limits.large_bytes
        } else {
            self.small_bytes < self.limits.bytes
        };
        self.messages < self.limits.messages && has_bytes
    }

    /// Returns whether everything has gone out.
    pub fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Returns how many messages have not gone out as a whole.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// Returns how many bytes have not gone out.
    pub fn bytes(&self) -> usize {
        self.small_bytes + self.large_bytes
    }

    fn push_in_order(&mut self, order: Option<Order>, message: Message) -> Result<(), PushError> {
        let order = Order::of_items(&message.head).or(order);
        if !self.admits(&message) {
            return Err(PushError::Full(Box::new(message)));
        }
        match self.try_push(order, &message) {
            Ok(()) => Ok(()),
            Err(reason) => Err(PushError::Refused { message: Box::new(message), reason }),
        }
    }

    fn admits(&self, message: &Message) -> bool {
        let reserve = self.limits.messages.saturating_add(CONTROL_RESERVE);
        let is_urgent = message.head.is_control() && self.messages < reserve;
        is_urgent || self.has_room(message.body.len())
    }

    fn try_push(&mut self, order: Option<Order>, message: &Message) -> Result<(), LinkError> {
        let Message { head, body } = message;
        let (size, limit) = (body.len() as u64, self.limits.message_limit);
        if size > limit {
            return Err(LinkError::BodyTooLarge { size, limit });
        }
        if is_large(body.len()) {
            let large = Large::new(self.encoder, self.next_stream, order, message)?;
            self.next_stream = self.next_stream.wrapping_add(1);
            self.large_bytes += body.len();
            self.make_ready(order, Ready::Large(large));
        } else if order.is_some_and(|order| self.held.is_busy(order)) {
            let mut frame = BytesMut::new();
            self.encoder.encode(head, body, &mut frame)?;
            self.small_bytes += frame.len();
            self.make_ready(order, Ready::Small(Small { frame, call: head.call() }));
        } else {
            self.small_bytes += self.lane.encode(self.encoder, head, body)?;
        }
        self.messages += 1;
        Ok(())
    }

    /// Takes a message out of the books.
    fn forget(&mut self, ready: &Ready) {
        self.messages -= 1;
        match ready {
            Ready::Small(small) => self.small_bytes -= small.frame.len(),
            Ready::Large(large) => self.large_bytes -= large.remaining(),
        }
    }

    /// Lets a message go its way, unless one of the same order is under way.
    fn make_ready(&mut self, order: Option<Order>, ready: Ready) {
        let Some(ready) = self.held.pass(order, ready) else { return };
        match ready {
            Ready::Small(small) => self.lane.append(&small.frame),
            Ready::Large(large) => self.large.wait(self.lane.mark(), large),
        }
    }

    /// Lets those go their way that waited for a large body of this order.
    fn let_go(&mut self, order: Option<Order>) {
        let Some(order) = order else { return };
        for ready in self.held.release(order) {
            self.make_ready(Some(order), ready);
        }
    }
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            messages: OUTBOX_MESSAGE_LIMIT,
            bytes: OUTBOX_BYTE_LIMIT,
            large_bytes: OUTBOX_LARGE_BYTE_LIMIT,
            message_limit: MESSAGE_LIMIT,
            frame_limit: FRAME_LIMIT,
        }
    }
}

impl PushError {
    /// Takes the message back.
    pub fn into_message(self) -> Message {
        match self {
            Self::Full(message) | Self::Refused { message, .. } => *message,
        }
    }
}

/// Returns whether a body of that size travels in chunks.
const fn is_large(body: usize) -> bool {
    body > CHUNK_SIZE
}
