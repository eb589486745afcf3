//! What goes wrong with files and servers that a command names.

use thiserror::Error;

/// Says what went wrong, in one line for people.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);
