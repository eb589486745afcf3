//! Messages that came in from another node.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::{Encoded, Expects, Fault, Origin, ToEncode};
use crate::CallError;

/// A message that came in for an agent of this node.
pub struct Incoming<'m> {
    /// The name of the action.
    pub action: &'m str,
    /// Its arguments.
    pub arguments: &'m dyn Encoded,
    /// Whether sender and receiver take the action for the very same, and its arguments are laid
    /// out by position.
    pub by_position: bool,
    /// Whether the format cannot tell positions from names.
    pub positional: bool,
    /// What the sender waits for.
    pub expects: Expects,
    /// How long the sender waits; `None` for as long as it takes.
    pub time_left: Option<Duration>,
    /// How large the arguments are, in bytes.
    pub bytes: usize,
    /// Where the message comes from.
    pub origin: Option<Arc<Origin>>,
}

/// What an agent answered.
pub enum Served {
    /// One value.
    Value(Box<dyn ToEncode>),
    /// A stream of values; an error is the last, and says why the stream ended before its time. It
    /// ends when it is dropped.
    Stream(BoxStream<'static, Result<Box<dyn ToEncode>, CallError>>),
    /// The message was accepted, and nobody waits for more.
    Accepted,
}

/// The way of an incoming message through its agent. Dropping it gives up, as for any call.
///
/// An action's own error is encoded as its [`value`](super::OwnError::value).
pub type Serving = BoxFuture<'static, Result<Served, Fault>>;

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({})", self.action)
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value",
            Self::Stream(_) => "Stream",
            Self::Accepted => "Accepted",
        })
    }
}
