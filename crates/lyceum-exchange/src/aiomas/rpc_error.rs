//! How a request or call can fail, as its sender sees it.

use lyceum_wire::aiomas::{EncodeError, Failure, FrameError, MessageFault, Value, ValueError};
use serde_json::Value as Json;
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
    fn of_exception(content: Value) -> Self {
        let (kind, message, text) = read_exception(content);
        let kind = if kind.is_empty() { "Exception".into() } else { kind };
        Self::Exception { exception: Exception::new(kind, message), text }
    }
}

/// Returns the kind and the message of an exception, and all of it as a text.
///
/// aiomas sends a text, and mosaik a list of kind, message and the lines of a traceback.
pub(super) fn read_exception(content: Value) -> (String, String, String) {
    let text = match content {
        Value::Text(text) => text,
        Value::List(parts) => {
            let texts = parts.iter().map_while(Value::as_text).map(str::to_owned);
            let mut texts = texts.collect::<Vec<_>>().into_iter();
            match (texts.next(), texts.next()) {
                (Some(kind), Some(message)) => return (kind, message, texts.collect()),
                _ => Json::from(Value::List(parts)).to_string(),
            }
        }
        other => Json::from(other).to_string(),
    };
    let Failure { kind, message } = Failure::read(&text);
    (kind.into(), message.into(), text)
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
            Self::Exception(content) => Err(RpcError::of_exception(content)),
            Self::Unreadable(fault) => Err(RpcError::Answer(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_texts_or_lists() {
        let read = |content: Value| read_exception(content);
        let three = |kind: &str, message: &str, text: &str| {
            (kind.to_owned(), message.to_owned(), text.to_owned())
        };
        assert_eq!(read("A: b".into()), three("A", "b", "A: b"));
        let list = vec!["A".into(), "b".into(), "one\n".into(), "two\n".into()];
        assert_eq!(read(list.into()), three("A", "b", "one\ntwo\n"));
        assert_eq!(read(vec!["A".into()].into()), three("", "[\"A\"]", "[\"A\"]"));
        assert_eq!(read(5.into()), three("", "5", "5"));
    }
}
