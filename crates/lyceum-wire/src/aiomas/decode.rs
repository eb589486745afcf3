//! What can be wrong with a payload that is to be a message.

use thiserror::Error;

use crate::aiomas::message::{EXCEPTION, RESULT};
use crate::aiomas::packet::type_number;
use crate::aiomas::{Message, SyntaxError, Value};

/// Says why a payload is no message, and whether anybody can be told.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload is no value of the codec, and no id can be found in it.
    #[error("cannot read the payload")]
    Payload(#[source] SyntaxError),
    /// The payload is a value without an id.
    #[error("cannot read the message: expected a list of type, id and content, found {kind}")]
    NoMessage {
        /// What the value is.
        kind: &'static str,
    },
    /// The payload is a request, or of an unknown type: its sender may wait for an answer.
    #[error("cannot read a request")]
    Request {
        /// The id that the answer must carry.
        id: Value,
        /// What is wrong with it.
        source: MessageFault,
    },
    /// The payload is an answer: whoever waits for it must be told.
    #[error("cannot read the answer to a call")]
    Answer {
        /// The id of the call.
        id: Value,
        /// What is wrong with it.
        source: MessageFault,
    },
}

/// Says what is wrong with a message whose id is known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageFault {
    /// The content is no value of the codec.
    #[error("cannot read the content")]
    Syntax(#[source] SyntaxError),
    /// The message has too few or too many parts.
    #[error("expected type, id and content, found {count} parts")]
    Parts {
        /// The number of parts.
        count: usize,
    },
    /// The type is none of those that there are.
    #[error("expected 0, 1 or 2 as the type of the message")]
    Type,
    /// The content is not that of a request.
    #[error("expected a list of path, arguments and keyword arguments as the content")]
    Content,
    /// The path is no text.
    #[error("expected a text as the path, found {kind}")]
    Path {
        /// What it is.
        kind: &'static str,
    },
    /// The arguments are no list.
    #[error("expected a list as the arguments, found {kind}")]
    Arguments {
        /// What they are.
        kind: &'static str,
    },
    /// The keyword arguments are no map.
    #[error("expected a map as the keyword arguments, found {kind}")]
    Keywords {
        /// What they are.
        kind: &'static str,
    },
    /// The name of a keyword argument is no text.
    #[error("expected texts as the names of the keyword arguments, found {kind}")]
    Keyword {
        /// What it is.
        kind: &'static str,
    },
}

impl DecodeError {
    /// Makes the error of a message whose type and id are known.
    pub(crate) fn new(number: &Value, id: Value, source: MessageFault) -> Self {
        match type_number(number) {
            Some(RESULT | EXCEPTION) => Self::Answer { id, source },
            _ => Self::Request { id, source },
        }
    }

    /// Returns what the sender should be told, if it may be waiting for an answer.
    ///
    /// Without an answer, a caller in Python waits for ever.
    ///
    /// ```
    /// use lyceum_wire::aiomas::{Codec, Limits, Message};
    ///
    /// let error = Codec::Json.decode(b"[0, 5, 3.5]", Limits::default()).unwrap_err();
    /// let Some(Message::Exception { id, text }) = error.answer() else { panic!("no answer") };
    /// assert_eq!(id, 5.into());
    /// assert!(text.starts_with("BadRequest: expected a list of path"));
    ///
    /// let error = Codec::Json.decode(b"[0, 5, 3.5", Limits::default()).unwrap_err();
    /// assert!(error.answer().is_some(), "the id could still be read");
    /// ```
    pub fn answer(&self) -> Option<Message> {
        let Self::Request { id, source } = self else { return None };
        let cause = match source {
            MessageFault::Syntax(cause) => format!(": {cause}"),
            _ => String::new(),
        };
        Some(Message::Exception { id: id.clone(), text: format!("BadRequest: {source}{cause}") })
    }
}
