//! What the readers of payloads share: a place in the bytes, and what can be wrong there.

use thiserror::Error;

use crate::aiomas::{BloscError, Limits};

/// Says why bytes are no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// Something else stands where a part of a value should.
    #[error("expected {expected} at byte {at}")]
    Expected {
        /// What should stand there.
        expected: &'static str,
        /// The place.
        at: usize,
    },
    /// A text is not UTF-8.
    #[error("expected UTF-8 at byte {at}")]
    Utf8 {
        /// The place of the first bad byte.
        at: usize,
    },
    /// More bytes or items are announced than there are bytes left.
    #[error("expected {announced} bytes or items after byte {at}, and only {left} bytes are left")]
    Length {
        /// The number that is announced.
        announced: usize,
        /// The bytes that are left.
        left: usize,
        /// The place behind the announcement.
        at: usize,
    },
    /// Lists and maps lie too deep in each other.
    #[error("expected at most {limit} lists and maps in each other at byte {at}")]
    Nesting {
        /// The depth that is allowed.
        limit: u8,
        /// The place.
        at: usize,
    },
    /// There are more values than allowed.
    #[error("expected at most {limit} values in a payload")]
    TooMany {
        /// How many values are allowed.
        limit: usize,
    },
    /// MsgPack has more types than Python sends to us.
    #[error("expected no extension type at byte {at}")]
    Extension {
        /// The place.
        at: usize,
    },
    /// The payload is longer than allowed.
    #[error("expected at most {limit} bytes of payload, found {length}")]
    TooLong {
        /// The length of the payload.
        length: usize,
        /// The longest one that is allowed.
        limit: usize,
    },
    /// The payload cannot be uncompressed.
    #[error("cannot uncompress the payload")]
    Blosc(#[from] BloscError),
}

/// Bytes, how far they are read, how deep, and what came out.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u8,
    values: usize,
    limits: Limits,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { bytes, at: 0, depth: 0, values: 0, limits }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Returns the bytes that are left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over bytes that [`Self::rest`] has shown.
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    pub(crate) fn expected(&self, expected: &'static str) -> SyntaxError {
        SyntaxError::Expected { expected, at: self.at }
    }

    /// Takes so many bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], SyntaxError> {
        self.check_left(count)?;
        let taken = &self.rest()[..count];
        self.skip(count);
        Ok(taken)
    }

    /// Checks that at least so many bytes are left.
    pub(crate) fn check_left(&self, announced: usize) -> Result<(), SyntaxError> {
        let left = self.rest().len();
        if announced > left {
            return Err(SyntaxError::Length { announced, left, at: self.at });
        }
        Ok(())
    }

    /// Counts a value that begins here.
    pub(crate) fn count(&mut self) -> Result<(), SyntaxError> {
        let limit = self.limits.values;
        if self.values == limit {
            return Err(SyntaxError::TooMany { limit });
        }
        self.values += 1;
        Ok(())
    }

    /// Goes into a list or a map.
    pub(crate) fn enter(&mut self) -> Result<(), SyntaxError> {
        let limit = self.limits.nesting;
        if self.depth == limit {
            return Err(SyntaxError::Nesting { limit, at: self.at });
        }
        self.depth += 1;
        Ok(())
    }

    /// Comes out of a list or a map.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Checks that everything is read.
    pub(crate) fn finish(&self) -> Result<(), SyntaxError> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("the end of the payload")) }
    }
}
