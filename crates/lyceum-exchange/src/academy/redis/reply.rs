//! What a Redis answers.

use redis::{ErrorKind, RedisError, Value};

use crate::academy::MailboxError;

/// What our scripts say in one word.
const VERDICTS: [(&[u8], Verdict); 7] = [
    (b"OK", Verdict::Done),
    (b"UNASKED", Verdict::Unasked),
    (b"MISSING", Verdict::Missing),
    (b"TERMINATED", Verdict::Terminated),
    (b"STALE", Verdict::Stale),
    (b"FULL", Verdict::Full),
    (b"LOST", Verdict::Lost),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    Unasked,
    Missing,
    Terminated,
    Stale,
    Full,
    Lost,
}

/// Returns the answer, or the error that it is.
pub(super) fn read(value: Value) -> Result<Value, MailboxError> {
    match value {
        Value::ServerError(error) => Err(refusal(&error.into())),
        Value::BulkString(word) => {
            let known = VERDICTS.iter().find(|(own, _)| *own == word);
            let Some((_, verdict)) = known else { return Ok(Value::BulkString(word)) };
            match verdict {
                Verdict::Done | Verdict::Unasked => Ok(Value::Okay),
                Verdict::Missing => Err(MailboxError::Unknown),
                Verdict::Lost => {
                    let text = "the server has forgotten this side's mailbox";
                    Err(MailboxError::Unreachable(text.into()))
                }
                Verdict::Terminated => Err(MailboxError::Terminated),
                Verdict::Stale => Err(MailboxError::Stale),
                Verdict::Full => {
                    Err(MailboxError::Overloaded("too many messages wait there".into()))
                }
            }
        }
        other => Ok(other),
    }
}

/// Returns what an error means that says that nothing was done, or else as [`lost`] does.
pub(super) fn refusal(error: &RedisError) -> MailboxError {
    let said = error.detail().unwrap_or_default();
    let said = format!("{} {said}", error.code().unwrap_or("ERR"));
    match error.code() {
        Some("NOAUTH" | "NOPERM" | "WRONGPASS") => MailboxError::Unauthorized(said),
        Some("OOM" | "MISCONF") => MailboxError::StorageFull,
        Some("NOREPLICAS" | "BUSY") => MailboxError::Overloaded(said),
        Some("READONLY" | "LOADING" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN") => {
            MailboxError::Unreachable(said)
        }
        _ if error.kind() == ErrorKind::AuthenticationFailed => {
            MailboxError::Unauthorized("the server does not take the user or the password".into())
        }
        Some(_) => MailboxError::Answer(said),
        None => lost(error),
    }
}

/// Returns what it means that there is no answer.
pub(super) fn lost(error: &RedisError) -> MailboxError {
    MailboxError::Lost(error.to_string())
}

/// Returns whether a server does not know a script.
pub(super) fn lacks_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// Returns whether after this answer another connection is needed: the server is not the one any
/// more that takes writes, or not yet.
pub(super) fn is_elsewhere(value: &Value) -> bool {
    let Value::ServerError(error) = value else { return false };
    matches!(error.code(), "READONLY" | "MASTERDOWN" | "LOADING")
}

/// Returns an answer as a text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}

/// Returns an answer as texts, without what is none.
pub(super) fn texts(value: Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// Returns an answer as messages.
pub(super) fn messages(value: Value) -> Result<Vec<Vec<u8>>, MailboxError> {
    let Value::Array(values) = value else {
        return Err(MailboxError::Answer("something else than messages".into()));
    };
    let bytes = |value| match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(MailboxError::Answer("a message that is no text".into())),
    };
    values.into_iter().map(bytes).collect()
}
