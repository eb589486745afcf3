//! What a peer can do wrong, and what a sender can.

use thiserror::Error;

/// Says what is wrong with bytes that came in, or with a message that is to go out.
///
/// For a receiver each of them means that the other side does not keep to the protocol: it closes
/// the channel with the error's text as the reason.
///
/// ```
/// use bytes::BytesMut;
/// use lyceum_wire::link::{Decoder, LinkError};
///
/// let mut bytes = BytesMut::from(&b"GET / HTTP/1.1"[..]);
/// let error = Decoder::new().decode(&mut bytes).unwrap_err();
/// assert!(matches!(error, LinkError::Stranger { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The other side is no Lyceum node.
    #[error("expected the preface of a Lyceum node, found `{}`", found.escape_ascii())]
    Stranger {
        /// What it sent instead.
        found: Vec<u8>,
    },
    /// The other side frames in another way.
    #[error("expected version {expected} of the framing, found {found}")]
    Framing {
        /// The version that this program speaks.
        expected: u8,
        /// The version that the other side speaks.
        found: u8,
    },
    /// A frame is longer than the limit.
    #[error("expected frames of at most {limit} bytes, found one of {length}")]
    FrameTooLong {
        /// How long it says it is.
        length: u64,
        /// The limit.
        limit: u32,
    },
    /// The head of a frame cannot be read.
    #[error("expected the head of a frame")]
    Head {
        /// What was wrong with it.
        #[source]
        source: postcard::Error,
    },
    /// A frame came at a time when there is no place for it.
    #[error("expected no `{head}` at this time")]
    Misplaced {
        /// What it is called.
        head: &'static str,
    },
    /// A part of a head is larger than its limit.
    #[error("expected at most {limit} {unit} for {what}, found {found}")]
    OutOfBounds {
        /// The part.
        what: &'static str,
        /// What is counted.
        unit: &'static str,
        /// How many there are.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A head that has no body came with one.
    #[error("expected no body with `{head}`")]
    UnexpectedBody {
        /// The kind of head.
        head: &'static str,
    },
    /// A body is longer than the limit.
    #[error("expected bodies of at most {limit} bytes, found one of {size}")]
    BodyTooLarge {
        /// How long it says it is.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// More large bodies are under way than may be, or more bytes of them.
    #[error("expected at most {limit} {unit} of large bodies under way")]
    TooManyBodies {
        /// What is counted: `pieces` or `bytes`.
        unit: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A large body is announced that is under way already.
    #[error("expected large body {stream} to be new")]
    BodyTwice {
        /// Which large body.
        stream: u32,
    },
    /// A chunk belongs to no large body under way.
    #[error("expected large body {stream} to be announced before its chunks")]
    UnknownBody {
        /// Which large body.
        stream: u32,
    },
    /// A large body is longer or shorter than was announced.
    #[error("expected {announced} bytes of large body {stream}, found {found}")]
    WrongSize {
        /// Which large body.
        stream: u32,
        /// How long it says it is.
        announced: u64,
        /// How much came.
        found: u64,
    },
    /// A chunk that is not the last one has nothing in it, or one that gives up has something.
    #[error("expected a chunk of large body {stream} to have bytes, unless it ends it")]
    EmptyChunk {
        /// Which large body.
        stream: u32,
    },
}
