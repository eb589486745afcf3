//! Payloads: the texts in which arguments, results and exceptions travel.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::pickle::{self, Exception, PickleError};
use super::{ActionRequest, Payload, Serialization, handle};
use crate::aiomas::{Codec, EncodeError, Limits, Map, SyntaxError, Value};

/// The key of a dict that is an exception in JSON.
const EXCEPTION_KEY: &str = "__exception__";

/// What an exception in JSON says.
const EXCEPTION_TEXT: &str = "exception_str";

/// The name of a failure that Lyceum's exchange server tells of. Python does not look at it.
const FAILURE_KEY: &str = "lyceum_failure";

/// What stands before the name of such a failure where it is the kind of an exception.
pub const FAILURE: &str = "lyceum.failure.";

/// What Python raises for an exception that came as JSON.
const REMOTE_ERROR: &str = "academy.exception.AcademyRemoteError";

/// Arguments by position and by name.
pub type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Says why a payload is not read.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It is no base64.
    #[error("cannot read a payload: expected base64")]
    Base64(#[source] base64::DecodeError),
    /// It is longer than allowed.
    #[error("cannot read a payload of {length} bytes: expected at most {limit}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The longest one that is allowed.
        limit: usize,
    },
    /// The pickle is not read.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// The JSON is not read.
    #[error("cannot read a payload that is JSON")]
    Json(#[from] SyntaxError),
    /// It is something else than what belongs there.
    #[error("cannot read a payload: expected {expected}, found {found}")]
    Kind {
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
}

impl ActionRequest {
    /// Reads the arguments.
    ///
    /// # Errors
    ///
    /// Says what was expected of which.
    pub fn arguments(&self, limits: Limits) -> Result<Arguments, PayloadError> {
        let of = |text: &str| match text {
            "" => Ok(None),
            text => read(self.serialization, text, limits).map(Some),
        };
        let positional = match of(&self.pargs)? {
            None => Vec::new(),
            Some(Value::List(items)) => items,
            Some(other) => return Err(kind("a list of arguments", &other)),
        };
        let named = match of(&self.kargs)? {
            None => Vec::new(),
            Some(Value::Map(map)) => {
                map.into_iter().map(keyword).collect::<Result<_, PayloadError>>()?
            }
            Some(other) => return Err(kind("a dict of arguments", &other)),
        };
        Ok((positional, named))
    }
}

fn keyword((name, value): (Value, Value)) -> Result<(String, Value), PayloadError> {
    match name {
        Value::Text(name) => Ok((name, value)),
        other => Err(kind("a text as the name of an argument", &other)),
    }
}

fn kind(expected: &'static str, found: &Value) -> PayloadError {
    PayloadError::Kind { expected, found: found.kind() }
}

impl Payload {
    /// Writes a value.
    ///
    /// # Errors
    ///
    /// JSON does not have the value.
    pub fn of(serialization: Serialization, value: &Value) -> Result<Self, EncodeError> {
        Ok(Self { serialization, text: write(serialization, value)? })
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// Says why not.
    pub fn value(&self, limits: Limits) -> Result<Value, PayloadError> {
        read(self.serialization, &self.text, limits)
    }
}

/// Reads a value.
///
/// In JSON a dict with the key `__exception__` is one like any other: only an exception is one.
///
/// # Errors
///
/// Says why not.
pub fn read(
    serialization: Serialization,
    text: &str,
    limits: Limits,
) -> Result<Value, PayloadError> {
    match serialization {
        Serialization::Json => Ok(untyped(Codec::Json.decode_value(text.as_bytes(), limits)?)),
        Serialization::Pickle => Ok(pickle::plain(unpickle(text, limits)?)),
    }
}

/// Writes a value. Handles become Academy's handles in a pickle, and ids of agents in JSON; bytes,
/// which JSON does not have, a list of numbers.
///
/// # Errors
///
/// JSON does not have the value.
pub fn write(serialization: Serialization, value: &Value) -> Result<String, EncodeError> {
    match serialization {
        Serialization::Pickle => Ok(STANDARD.encode(pickle::write(value))),
        Serialization::Json => {
            let json = if is_in_json(value) {
                Codec::Json.encode_value(value)?
            } else {
                Codec::Json.encode_value(&in_json(value))?
            };
            Ok(String::from_utf8(json).expect("JSON is a text"))
        }
    }
}

/// Writes an exception: Python raises the one of that name, or `AcademyRemoteError` for JSON.
pub fn write_exception(serialization: Serialization, kind: &str, text: &str) -> String {
    match serialization {
        Serialization::Pickle => STANDARD.encode(pickle::write_exception(kind, text)),
        Serialization::Json => {
            let mark = if text.is_empty() { "" } else { ": " };
            let said = format!("Traceback (most recent call last):\n{kind}{mark}{text}\n");
            serde_json::json!({EXCEPTION_KEY: true, EXCEPTION_TEXT: said}).to_string()
        }
    }
}

/// Reads an exception, as far as it is one.
///
/// # Errors
///
/// Says why not.
pub fn read_exception(
    serialization: Serialization,
    text: &str,
    limits: Limits,
) -> Result<Exception, PayloadError> {
    if serialization == Serialization::Pickle {
        let value = unpickle(text, limits)?;
        let found = value.kind();
        let expected = "an exception";
        return Exception::of(&value).ok_or(PayloadError::Kind { expected, found });
    }
    let value = read(serialization, text, limits)?;
    if let Value::Map(map) = &value
        && let (Some(Value::Text(failure)), Some(Value::Text(said))) =
            (map.get(FAILURE_KEY), map.get(EXCEPTION_TEXT))
    {
        return Ok(Exception { kind: format!("{FAILURE}{failure}"), text: said.clone() });
    }
    let said = match &value {
        Value::Map(map) if map.get(EXCEPTION_KEY).is_some() => map.get(EXCEPTION_TEXT),
        _ => None,
    };
    let said = said.and_then(Value::as_text).ok_or_else(|| kind("an exception", &value))?;
    Ok(of_traceback(said))
}

/// Returns the exception that the last line of a traceback names.
fn of_traceback(text: &str) -> Exception {
    let failure = crate::aiomas::Failure::read(text);
    let kind = if failure.kind.is_empty() { REMOTE_ERROR } else { failure.kind };
    Exception { kind: kind.into(), text: failure.message.into() }
}

fn unpickle(text: &str, limits: Limits) -> Result<pickle::Value, PayloadError> {
    // Base64 is a third longer.
    let (length, limit) = (text.len() / 4 * 3, limits.payload);
    if length > limit.saturating_add(2) {
        return Err(PayloadError::TooLong { length, limit });
    }
    let bytes = STANDARD.decode(text).map_err(PayloadError::Base64)?;
    Ok(pickle::read(&bytes, limits)?)
}

/// Makes maps again of what has a meaning for aiomas alone.
fn untyped(value: Value) -> Value {
    match value {
        Value::Typed(typed) => {
            let pair = vec![typed.id.into(), untyped(typed.data)];
            let mut map = Map::new();
            map.push("__type__", Value::List(pair));
            Value::Map(map)
        }
        Value::List(items) => Value::List(items.into_iter().map(untyped).collect()),
        Value::Map(map) => {
            Value::Map(map.into_iter().map(|(key, value)| (key, untyped(value))).collect())
        }
        other => other,
    }
}

/// Returns whether JSON can have a value as it is.
fn is_in_json(value: &Value) -> bool {
    match value {
        Value::Typed(_) | Value::Bytes(_) => false,
        Value::List(items) => items.iter().all(is_in_json),
        Value::Map(map) => map.pairs().iter().all(|(key, own)| is_in_json(key) && is_in_json(own)),
        _ => true,
    }
}

/// Returns a value as JSON can have it.
fn in_json(value: &Value) -> Value {
    match value {
        Value::Typed(typed) => match handle::of_value(typed) {
            Some(id) => handle::entity_map(&id),
            None => in_json(&typed.data),
        },
        Value::Bytes(bytes) => {
            bytes.iter().map(|byte| Value::from(*byte)).collect::<Vec<_>>().into()
        }
        Value::List(items) => Value::List(items.iter().map(in_json).collect()),
        Value::Map(map) => {
            let pairs = map.pairs().iter();
            Value::Map(pairs.map(|(key, value)| (in_json(key), in_json(value))).collect())
        }
        other => other.clone(),
    }
}
