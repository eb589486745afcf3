//! Errors: one enum for each verb. What was not delivered comes back.

mod call;
mod launch;
mod text;
mod undelivered;

use std::fmt;

pub use call::{CallError, CallFault, Failure, TellError};
pub use launch::{LaunchError, NameError, NodeError};
pub use text::full_text;
use thiserror::Error;
pub use undelivered::Undelivered;

/// Any error, as behaviours and hooks return them.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a program that works with agents.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, for the `main` of a program: `?` turns every error into it.
///
/// ```
/// fn main() -> lyceum::Result<()> {
///     let port: u16 = "80".parse()?;
///     assert_eq!(port, 80);
///     Ok(())
/// }
/// ```
pub struct Error(BoxError);

impl Error {
    /// Returns the wrapped error.
    pub fn into_inner(self) -> BoxError {
        self.0
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Shows the text with its causes: this is what a failed `main` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Says what is wrong with the arguments of a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadArguments {
    /// An argument is missing.
    #[error("argument `{name}` is missing: expected {expected}")]
    Missing {
        /// The argument.
        name: &'static str,
        /// The type that it is to have.
        expected: String,
    },
    /// An argument has the wrong type.
    #[error("argument `{name}`: expected {expected}: {cause}")]
    Wrong {
        /// The argument.
        name: &'static str,
        /// The type that it is to have.
        expected: String,
        /// What the decoder said.
        cause: String,
    },
    /// The arguments are none at all.
    #[error("the arguments cannot be read: {cause}")]
    Unreadable {
        /// What the decoder said.
        cause: String,
    },
    /// An argument was given by position and by name.
    #[error("argument `{name}` was given both by position and by name: expected one of them")]
    Twice {
        /// The argument.
        name: &'static str,
    },
    /// There are more arguments than the action takes.
    #[error("{given} arguments were given: expected {expected}")]
    TooMany {
        /// How many were given by position.
        given: usize,
        /// How many the action takes.
        expected: usize,
    },
    /// An argument's name is not one of the action's.
    #[error("argument `{name}` is not one of the action's")]
    Unknown {
        /// The argument.
        name: String,
    },
}

/// Says why a value could not be decoded.
#[derive(Debug, Error)]
#[error("cannot read a message on topic `{topic}` as {expected}")]
pub struct DecodeError {
    pub(crate) topic: String,
    pub(crate) expected: &'static str,
    #[source]
    pub(crate) cause: serde_json::Error,
}

impl BadArguments {
    pub(crate) fn missing(name: &'static str, expected: String) -> Self {
        Self::Missing { name, expected }
    }

    pub(crate) fn wrong(name: &'static str, expected: String, cause: String) -> Self {
        Self::Wrong { name, expected, cause }
    }

    pub(crate) fn unreadable(cause: String) -> Self {
        Self::Unreadable { cause }
    }
}
