//! What can be wrong with a value that is to be written.

use thiserror::Error;

use crate::aiomas::limits::WRITTEN_NESTING;

/// Says why a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// JSON has no bytes.
    #[error("cannot write bytes as json: expected another codec, or text")]
    Bytes,
    /// JSON has no such keys.
    #[error("cannot write {kind} as key of a json object: expected a text or a number")]
    Key {
        /// What the key is.
        kind: &'static str,
    },
    /// MsgPack has no such integers.
    #[error("cannot write the integer as msgpack: expected at most 64 bits, found {digits} digits")]
    Integer {
        /// How many decimal digits the integer has.
        digits: usize,
    },
    /// Something is too long for the codec.
    #[error("cannot write {length} bytes or items: expected at most {limit}")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Lists and maps lie too deep in each other.
    #[error(
        "cannot write the value: expected at most {WRITTEN_NESTING} lists and maps in each other"
    )]
    Nesting,
}

/// How deep in lists and maps a writer is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Depth(u8);

impl Depth {
    pub(crate) fn enter(self) -> Result<Self, EncodeError> {
        self.0.checked_add(1).map(Self).ok_or(EncodeError::Nesting)
    }
}
