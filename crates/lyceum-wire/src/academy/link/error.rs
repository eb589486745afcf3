//! What can be wrong with frames.

use thiserror::Error;

/// Says what is wrong with bytes that came in. The other side does not keep to the protocol, and
/// its connection ends with the error's text as the reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The bytes end within a frame.
    #[error("expected a frame of {length} bytes, found {found}")]
    Truncated {
        /// How long it says it is.
        length: u64,
        /// How much there is.
        found: usize,
    },
    /// A frame is longer than the limit.
    #[error("expected frames of at most {limit} bytes, found one of {length}")]
    TooLong {
        /// How long it is.
        length: u64,
        /// The limit.
        limit: usize,
    },
    /// The head of a frame cannot be read.
    #[error("expected the head of a frame")]
    Head {
        /// What was wrong with it.
        #[source]
        source: postcard::Error,
    },
    /// A part of a head is larger than its limit.
    #[error("expected at most {limit} for {what}, found {found}")]
    OutOfBounds {
        /// The part.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A head that has no body came with one, or the other way round.
    #[error("expected a body with a message, and with nothing else")]
    Body,
    /// A message cannot be read.
    #[error("expected a packed message")]
    Packed,
}
