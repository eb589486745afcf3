//! Pickles of values, exceptions and descriptions.

use super::exception::is_raised_with_text;
use crate::Integer;
use crate::academy::{EntityId, Role, handle};
use crate::aiomas::Value;

/// Protocol 4, which every Python since 3.4 reads.
const HEAD: [u8; 2] = [0x80, 4];

/// What is written for exceptions that Python has no class for, with their kind in the text.
const FALLBACK: &str = "RuntimeError";

/// Writes a value as a pickle.
///
/// Handles become Academy's handles; all else is what Python has of it. Nothing is shared.
///
/// ```
/// use lyceum_wire::academy::pickle::write;
///
/// assert_eq!(write(&1.into()), b"\x80\x04K\x01.");
/// ```
pub fn write(value: &Value) -> Vec<u8> {
    let mut pickle = Pickle::new();
    pickle.value(value);
    pickle.finish()
}

/// Writes an exception as a pickle: that of Python with the name, or, where Python has none that
/// takes a text alone, a `RuntimeError` that says the name, too.
///
/// ```
/// use lyceum_wire::academy::pickle::{Exception, read, write_exception};
///
/// for (kind, expected) in [
///     ("ValueError", "ValueError: bad"),
///     ("SystemExit", "RuntimeError: SystemExit: bad"),
/// ] {
///     let pickle = read(&write_exception(kind, "bad"), Default::default())?;
///     assert_eq!(Exception::of(&pickle).unwrap().to_string(), expected);
/// }
/// # Ok::<(), lyceum_wire::academy::pickle::PickleError>(())
/// ```
pub fn write_exception(kind: &str, text: &str) -> Vec<u8> {
    let mut pickle = Pickle::new();
    if is_raised_with_text(kind) {
        pickle.class("builtins", kind);
        pickle.text(text);
    } else {
        pickle.class("builtins", FALLBACK);
        pickle.text(&[kind, text].join(": "));
    }
    pickle.call(1);
    pickle.finish()
}

/// One action in what `agent_describe` returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionLine {
    /// Its name.
    pub name: String,
    /// The types of its arguments by name, and of its result as `return`.
    pub types: Vec<(String, String)>,
    /// What it says of itself.
    pub doc: String,
}

/// Writes what `agent_describe` returns to who wants a pickle: an
/// `academy.agent.AgentDescription`.
pub fn write_description(description: &str, actions: &[ActionLine]) -> Vec<u8> {
    let mut pickle = Pickle::new();
    pickle.model("academy.agent", "AgentDescription", |pickle| {
        pickle.field("description", |pickle| pickle.text(description));
        pickle.field("actions", |pickle| {
            pickle.dict(|pickle| {
                for action in actions {
                    pickle.text(&action.name);
                    pickle.action(action);
                }
            });
        });
    });
    pickle.finish()
}

/// A pickle in the making.
struct Pickle(Vec<u8>);

impl Pickle {
    fn new() -> Self {
        Self(HEAD.to_vec())
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(b'N'),
            Value::Bool(truth) => self.0.push(if *truth { 0x88 } else { 0x89 }),
            Value::Int(integer) => self.integer(integer),
            Value::Float(float) => {
                self.0.push(b'G');
                self.0.extend_from_slice(&float.to_be_bytes());
            }
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.sized([b'C', b'B', 0x8e], bytes),
            Value::List(items) => {
                self.0.extend_from_slice(b"](");
                items.iter().for_each(|item| self.value(item));
                self.0.push(b'e');
            }
            Value::Map(map) => self.dict(|pickle| {
                for (key, value) in map.pairs() {
                    pickle.key(key);
                    pickle.value(value);
                }
            }),
            Value::Typed(typed) => match handle::of_value(typed) {
                Some(id) => self.handle(&id),
                None => self.value(&typed.data),
            },
        }
    }

    /// Writes the key of a dict, which Python must be able to hash: a list becomes a tuple.
    fn key(&mut self, key: &Value) {
        match key {
            Value::List(items) => {
                self.0.push(b'(');
                items.iter().for_each(|item| self.key(item));
                self.0.push(b't');
            }
            Value::Map(map) => {
                self.0.push(b'(');
                for (key, value) in map.pairs() {
                    self.0.push(b'(');
                    self.key(key);
                    self.key(value);
                    self.0.push(b't');
                }
                self.0.push(b't');
            }
            other => self.value(other),
        }
    }

    fn integer(&mut self, integer: &Integer) {
        if let Some(byte) = integer.as_i64().and_then(|number| u8::try_from(number).ok()) {
            self.0.extend_from_slice(&[b'K', byte]);
        } else if let Some(word) = integer.as_i64().and_then(|number| i32::try_from(number).ok()) {
            self.0.push(b'J');
            self.0.extend_from_slice(&word.to_le_bytes());
        } else {
            // Longer ones than four bytes can tell have no form; none is that long.
            self.sized([0x8a, 0x8b, 0x8b], &integer.to_le_bytes());
        }
    }

    fn text(&mut self, text: &str) {
        self.sized([0x8c, b'X', 0x8d], text.as_bytes());
    }

    /// Writes bytes with their length in front, of one, four or eight bytes.
    fn sized(&mut self, [short, middle, long]: [u8; 3], bytes: &[u8]) {
        let length = bytes.len();
        if let Ok(length) = u8::try_from(length) {
            self.0.extend_from_slice(&[short, length]);
        } else if let Ok(length) = u32::try_from(length) {
            self.0.push(middle);
            self.0.extend_from_slice(&length.to_le_bytes());
        } else {
            self.0.push(long);
            self.0.extend_from_slice(&(length as u64).to_le_bytes());
        }
        self.0.extend_from_slice(bytes);
    }

    fn class(&mut self, module: &str, name: &str) {
        self.text(module);
        self.text(name);
        self.0.push(0x93);
    }

    /// Calls the class before the last one, two or three values with these.
    fn call(&mut self, count: u8) {
        self.0.extend_from_slice(&[0x84 + count, b'R']);
    }

    /// Writes a dict of what `pairs` writes.
    fn dict(&mut self, pairs: impl FnOnce(&mut Self)) {
        self.0.extend_from_slice(b"}(");
        pairs(self);
        self.0.push(b'u');
    }

    fn field(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        self.text(name);
        value(self);
    }

    /// Writes a model of pydantic with the fields that `fields` writes.
    fn model(&mut self, module: &str, name: &str, fields: impl FnOnce(&mut Self)) {
        self.class(module, name);
        self.0.extend_from_slice(b")\x81");
        self.dict(|pickle| {
            pickle.field("__dict__", |pickle| pickle.dict(fields));
            pickle.field("__pydantic_extra__", |pickle| pickle.0.push(b'N'));
            pickle.field("__pydantic_fields_set__", |pickle| pickle.0.push(0x8f));
            pickle.field("__pydantic_private__", |pickle| pickle.0.push(b'N'));
        });
        self.0.push(b'b');
    }

    fn action(&mut self, action: &ActionLine) {
        self.model("academy.agent", "ActionDescription", |pickle| {
            pickle.field("name", |pickle| pickle.text(&action.name));
            pickle.field("type_signature", |pickle| {
                pickle.dict(|pickle| {
                    for (name, kind) in &action.types {
                        pickle.text(name);
                        pickle.text(kind);
                    }
                });
            });
            pickle.field("doc", |pickle| pickle.text(&action.doc));
        });
    }

    fn handle(&mut self, id: &EntityId) {
        self.class("academy.handle", "Handle");
        self.entity(id);
        self.call(1);
    }

    fn entity(&mut self, id: &EntityId) {
        let (class, role) = match id.role {
            Role::Agent => ("AgentId", "agent"),
            Role::User => ("UserId", "user"),
        };
        self.model("academy.identifier", class, |pickle| {
            pickle.field("uid", |pickle| {
                pickle.class("uuid", "UUID");
                pickle.text(&id.uid.to_string());
                pickle.call(1);
            });
            pickle.field("name", |pickle| match &id.name {
                Some(name) => pickle.text(name),
                None => pickle.0.push(b'N'),
            });
            pickle.field("role", |pickle| pickle.text(role));
        });
    }
}
