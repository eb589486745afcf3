//! Why a pickle is not read.

use thiserror::Error;

/// Says why a pickle is not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PickleError {
    /// The pickle is longer than allowed.
    #[error("cannot read a pickle of {length} bytes: expected at most {limit}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The longest one that is allowed.
        limit: usize,
    },
    /// The pickle ends too early, or announces more than it has.
    #[error("cannot read a pickle: it ends at byte {offset}, in the middle of a value")]
    Truncated {
        /// Where more was expected.
        offset: usize,
    },
    /// There is no such instruction.
    #[error("cannot read a pickle: byte {offset} is no instruction: {code:#04x}")]
    Opcode {
        /// Where it stands.
        offset: usize,
        /// The byte.
        code: u8,
    },
    /// An instruction finds something else than it needs.
    #[error("cannot read a pickle: expected {expected} at byte {offset}")]
    Expected {
        /// Where the instruction ends.
        offset: usize,
        /// What it needs.
        expected: &'static str,
    },
    /// An instruction asks for what is never data.
    #[error("cannot read a pickle as data: it has {what} at byte {offset}")]
    Refused {
        /// Where the instruction ends.
        offset: usize,
        /// What it asks for.
        what: &'static str,
    },
    /// The values lie too deep in each other.
    #[error("cannot read a pickle: expected at most {limit} values in each other")]
    TooDeep {
        /// How deep they may lie.
        limit: u8,
    },
    /// There are too many values, once each reference is followed.
    #[error("cannot read a pickle: expected at most {limit} values, each reference followed")]
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// The texts and bytes are too long, once each reference is followed.
    #[error("cannot read a pickle: expected at most {limit} bytes in all, each reference followed")]
    TooLarge {
        /// How long they may be.
        limit: usize,
    },
    /// A value contains itself.
    #[error("cannot read a pickle: a value in it contains itself")]
    Cycle,
}
