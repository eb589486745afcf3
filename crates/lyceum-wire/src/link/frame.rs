//! Frames and messages.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Head;

/// One frame as it came in. [`Reassembly`](super::Reassembly) makes messages of frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is for.
    pub head: Head,
    /// The encoded value, or a part of it.
    pub body: Bytes,
    /// The body that follows in chunks, instead of the one here.
    pub opening: Option<Opening>,
}

/// Announces a large body, which follows in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Opening {
    /// Tells large bodies under way apart.
    pub stream: u32,
    /// How long the body is.
    pub size: u64,
}

/// Which part of a large body a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// More follows.
    More,
    /// The body is complete with it.
    Last,
    /// The sender gave up: nothing follows, and what came so far is void.
    Abandoned,
}

/// A head with its whole body.
///
/// ```
/// use lyceum_wire::link::{Head, Message};
///
/// let message = Message::new(Head::Cancel { id: 7 });
/// assert!(message.body.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is for.
    pub head: Head,
    /// The encoded value.
    pub body: Bytes,
}

impl Message {
    /// Makes a message without a body.
    pub const fn new(head: Head) -> Self {
        Self { head, body: Bytes::new() }
    }

    /// Makes a message with a body.
    pub fn with_body(head: Head, body: impl Into<Bytes>) -> Self {
        Self { head, body: body.into() }
    }
}
