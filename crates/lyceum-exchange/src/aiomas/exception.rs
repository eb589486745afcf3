//! Exceptions: how a call that fails is told to the other side.

use std::fmt;

use lyceum_wire::aiomas::{EncodeError, ValueError};

use crate::arguments::Misfit;

/// Why a call failed, as the other side is told: a traceback in the style of Python, whose last
/// line says type and message.
///
/// ```
/// use lyceum_exchange::aiomas::Exception;
///
/// let exception = Exception::new("ValueError", "expected a positive number");
/// assert_eq!(exception.to_string(), "ValueError: expected a positive number");
/// assert_eq!(
///     exception.traceback("agents/0/sqrt"),
///     "Traceback (most recent call last):\n  In \"agents/0/sqrt\"\n\
///      ValueError: expected a positive number\n"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    kind: String,
    message: String,
}

impl Exception {
    /// Makes an exception of the name of its type and what it says.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into() }
    }

    /// Says that nothing goes by a name, as aiomas says it.
    pub fn not_found(name: &str, place: &str) -> Self {
        Self::new("LookupError", format!("Name \"{name}\" not found in \"{place}\""))
    }

    /// Returns the name of its type.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns what it says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the text that goes over the wire. Nothing in it is about the inside of this side.
    pub fn traceback(&self, path: &str) -> String {
        format!("Traceback (most recent call last):\n  In \"{path}\"\n{self}\n")
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return f.write_str(&self.kind);
        }
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Exception {}

impl From<ValueError> for Exception {
    fn from(error: ValueError) -> Self {
        Self::new("TypeError", error.to_string())
    }
}

impl From<EncodeError> for Exception {
    fn from(error: EncodeError) -> Self {
        Self::new("SerializationError", error.to_string())
    }
}

impl From<Misfit> for Exception {
    fn from(misfit: Misfit) -> Self {
        let text = match misfit {
            Misfit::TooMany { given, expected } => {
                format!("{given} arguments were given: expected {expected}")
            }
            Misfit::Unknown(name) => format!("got an unexpected keyword argument '{name}'"),
            Misfit::Twice => "an argument was given both by position and by name".into(),
        };
        Self::new("TypeError", text)
    }
}
