//! Errors that keep what a type said.

use std::error::Error as StdError;
use std::fmt;

use serde::de::Error;

/// An error of the reader, or what a type said against a value.
///
/// Postcard's errors have no room for words, so that the guard has to remember them.
#[derive(Debug)]
pub(super) enum Failure<E> {
    Reader(E),
    Type(String),
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reader(error) => error.fmt(f),
            Self::Type(words) => words.fmt(f),
        }
    }
}

impl<E: StdError> StdError for Failure<E> {}

impl<E: Error> Error for Failure<E> {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::Type(words.to_string())
    }
}
