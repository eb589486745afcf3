//! Messages: calls and how they end.

use crate::aiomas::{DecodeError, MessageFault, Value};

/// What one side says to the other: `[type, id, content]`.
///
/// Ids are chosen by the caller, in each direction for itself, and come back as they were given.
/// Python counts integers up from 0, but any value does.
///
/// ```
/// use lyceum_wire::aiomas::{Codec, Limits, Message};
///
/// let payload = br#"[0, 7, ["agents/0/add", [3], {"b": 4}]]"#;
/// let call = Codec::Json.decode(payload, Limits::default())?;
/// let Message::Request { id, path, args, kwargs } = call else { panic!("no request") };
/// assert_eq!((path.as_str(), args), ("agents/0/add", vec![3.into()]));
/// assert_eq!(kwargs, [("b".to_owned(), 4.into())]);
///
/// let answer = Message::Result { id, value: 7.into() };
/// assert_eq!(Codec::Json.encode(&answer)?, b"[1, 7, 7]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A call.
    Request {
        /// What the answer will carry.
        id: Value,
        /// What is called; see [`Path`](crate::aiomas::Path).
        path: String,
        /// The arguments by position.
        args: Vec<Value>,
        /// The arguments by name. If a name stands twice, the last one counts.
        kwargs: Vec<(String, Value)>,
    },
    /// The call of that id returned.
    Result {
        /// The id of the call.
        id: Value,
        /// What it returned.
        value: Value,
    },
    /// The call of that id failed.
    Exception {
        /// The id of the call.
        id: Value,
        /// Usually a Python traceback; see [`Failure`](crate::aiomas::Failure).
        text: String,
    },
}

pub(crate) const REQUEST: u8 = 0;
pub(crate) const RESULT: u8 = 1;
pub(crate) const EXCEPTION: u8 = 2;

impl Message {
    /// Returns the id.
    pub fn id(&self) -> &Value {
        match self {
            Self::Request { id, .. } | Self::Result { id, .. } | Self::Exception { id, .. } => id,
        }
    }

    /// Returns the number of the message's type.
    pub(crate) fn number(&self) -> u8 {
        match self {
            Self::Request { .. } => REQUEST,
            Self::Result { .. } => RESULT,
            Self::Exception { .. } => EXCEPTION,
        }
    }

    /// Makes a request of its content.
    pub(crate) fn request(id: Value, content: Value) -> Result<Self, DecodeError> {
        match read_request(content) {
            Ok((path, args, kwargs)) => Ok(Self::Request { id, path, args, kwargs }),
            Err(source) => Err(DecodeError::Request { id, source }),
        }
    }

    /// Makes an exception of its content: the text, or that of whatever mosaik's clients in other
    /// languages send instead.
    pub(crate) fn exception(id: Value, content: Value) -> Self {
        let text = match content {
            Value::Text(text) => text,
            other => serde_json::Value::from(other).to_string(),
        };
        Self::Exception { id, text }
    }
}

/// Path, arguments by position, arguments by name.
type Call = (String, Vec<Value>, Vec<(String, Value)>);

fn read_request(content: Value) -> Result<Call, MessageFault> {
    let Value::List(parts) = content else { return Err(MessageFault::Content) };
    let Ok([path, args, kwargs]) = <[Value; 3]>::try_from(parts) else {
        return Err(MessageFault::Content);
    };
    let path = match path {
        Value::Text(path) => path,
        other => return Err(MessageFault::Path { kind: other.kind() }),
    };
    let args = match args {
        Value::List(args) => args,
        other => return Err(MessageFault::Arguments { kind: other.kind() }),
    };
    let kwargs = match kwargs {
        Value::Map(kwargs) => kwargs.into_iter().map(read_keyword).collect::<Result<_, _>>()?,
        other => return Err(MessageFault::Keywords { kind: other.kind() }),
    };
    Ok((path, args, kwargs))
}

fn read_keyword((name, value): (Value, Value)) -> Result<(String, Value), MessageFault> {
    match name {
        Value::Text(name) => Ok((name, value)),
        other => Err(MessageFault::Keyword { kind: other.kind() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::{Codec, Limits};

    fn read(json: &str) -> Result<Message, DecodeError> {
        Codec::Json.decode(json.as_bytes(), Limits::default())
    }

    #[test]
    fn any_value_is_an_id() {
        for id in ["7", "\"abc\"", "18446744073709551616", "null", "[1, {}]"] {
            let message = read(&format!("[1, {id}, null]")).unwrap();
            let value = Codec::Json.decode_value(id.as_bytes(), Limits::default()).unwrap();
            assert_eq!(message, Message::Result { id: value, value: Value::Null });
        }
    }

    #[test]
    fn malformed_request_can_be_answered() {
        let check = |json: &str, source: MessageFault| {
            let error = read(json).unwrap_err();
            assert_eq!(error, DecodeError::Request { id: 5.into(), source }, "{json}");
            assert_eq!(error.answer().unwrap().id(), &5.into());
        };
        check("[0, 5]", MessageFault::Parts { count: 2 });
        check("[0, 5, [], 1]", MessageFault::Parts { count: 4 });
        check("[3, 5, []]", MessageFault::Type);
        check("[\"0\", 5, []]", MessageFault::Type);
        check("[256, 5, []]", MessageFault::Type);
        check("[0, 5, 7]", MessageFault::Content);
        check("[0, 5, [\"a\", []]]", MessageFault::Content);
        check("[0, 5, [1, [], {}]]", MessageFault::Path { kind: "integer" });
        check("[0, 5, [\"a\", {}, {}]]", MessageFault::Arguments { kind: "map" });
        check("[0, 5, [\"a\", [], []]]", MessageFault::Keywords { kind: "list" });
        let typed = r#"[0, 5, ["a", [], {"__type__": [0, 1]}]]"#;
        check(typed, MessageFault::Keywords { kind: "typed value" });
    }

    #[test]
    fn keyword_that_is_no_text_is_refused() {
        let payload = [0x93, 0, 5, 0x93, 0xa1, b'a', 0x90, 0x81, 1, 2];
        let error = Codec::MsgPack.decode(&payload, Limits::default()).unwrap_err();
        let source = MessageFault::Keyword { kind: "integer" };
        assert_eq!(error, DecodeError::Request { id: 5.into(), source });
    }

    #[test]
    fn unreadable_content_is_answered_if_the_id_is_read() {
        let deep = format!("[0, 5, [\"a\", {}1", "[".repeat(100));
        for json in [&deep, "[0, 5, nope]", "[0, 5, [\"a\", [], {}]] and more"] {
            let error = read(json).unwrap_err();
            let DecodeError::Request { id, source: MessageFault::Syntax(_) } = &error else {
                panic!("{error:?}")
            };
            assert_eq!(*id, 5.into());
            let Some(Message::Exception { text, .. }) = error.answer() else { panic!("no answer") };
            assert!(text.starts_with("BadRequest: cannot read the content: expected "), "{text}");
        }
    }

    #[test]
    fn malformed_answer_is_not_answered() {
        for json in ["[1, 5]", "[2, 5, nope]", "[1, 5, 1, 1]"] {
            let error = read(json).unwrap_err();
            assert!(matches!(&error, DecodeError::Answer { id, .. } if *id == 5.into()), "{json}");
            assert_eq!(error.answer(), None);
        }
    }

    #[test]
    fn payload_without_an_id_is_not_answered() {
        for json in ["", "[", "[0, 5", "nope", "{}", "[]", "[0]", "7"] {
            let error = read(json).unwrap_err();
            assert_eq!(error.answer(), None, "{json}");
        }
    }

    #[test]
    fn exception_without_text_becomes_its_json() {
        let text = r#"["no","text"]"#.to_owned();
        assert_eq!(
            read("[2, 5, [\"no\", \"text\"]]"),
            Ok(Message::Exception { id: 5.into(), text })
        );
    }
}
