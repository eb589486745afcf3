//! How a request or call can fail, as its sender sees it.

use lyceum_wire::aiomas::{EncodeError, Failure, FrameError, MessageFault, Value, ValueError};
use thiserror::Error;

use super::calls::Answer;
use super::link::{CALL_LIMIT, LinkError};
use super::{Closed, Exception};

/// Says how a request or call ended if not with a result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RpcError {
    /// It ran and failed, or could not be run; the text is what the other side sent.
    #[error("{exception}")]
    Exception {
        /// What the end of the text says.
        exception: Exception,
        /// The text, which is a traceback where the other side is Python.
        text: String,
    },
    /// An argument is no value of the wire.
    #[error("cannot send an argument")]
    Argument(#[source] ValueError),
    /// An argument is no value of the codec.
    #[error("cannot send a request")]
    Encode(#[source] EncodeError),
    /// The request is too long.
    #[error("cannot send a request")]
    TooLong(#[source] FrameError),
    /// Too many calls wait already.
    #[error("cannot send a request: {CALL_LIMIT} wait for an answer of the other side already")]
    Full,
    /// The answer cannot be read.
    #[error("cannot read an answer")]
    Answer(#[source] MessageFault),
    /// The result is of another type.
    #[error("cannot read a result")]
    Result(#[source] ValueError),
    /// The connection ended: whether the request was handled is not known.
    #[error("cannot get an answer")]
    Closed(#[source] Closed),
}

impl RpcError {
    /// Makes the error of an exception that came.
    pub(super) fn of_text(text: String) -> Self {
        let Failure { kind, message } = Failure::read(&text);
        let kind = if kind.is_empty() { "Exception" } else { kind };
        Self::Exception { exception: Exception::new(kind, message), text }
    }
}

impl From<LinkError> for RpcError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Encode(error) => Self::Encode(error),
            LinkError::Frame(error) => Self::TooLong(error),
            LinkError::Full => Self::Full,
            LinkError::NotSent(closed) => Self::Closed(closed),
        }
    }
}

impl From<Closed> for RpcError {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl Answer {
    /// Returns the result.
    pub(super) fn into_result(self) -> Result<Value, RpcError> {
        match self {
            Self::Result(value) => Ok(value),
            Self::Exception(text) => Err(RpcError::of_text(text)),
            Self::Unreadable(fault) => Err(RpcError::Answer(fault)),
        }
    }
}
