//! How messages of one type leave the process and how their answers are read.

use std::fmt;

use lyceum_wire::{CodecError, Encoding, Fingerprint, Style};
use serde::de::DeserializeOwned;

use super::outgoing::ArgumentsOf;
use super::{Encoded, Outgoing, Reply, Unreadable, decode};
use crate::error::Undelivered;
use crate::handle::reviving;
use crate::route::WireMessage;
use crate::stream::Results;
use crate::{Message, Recipient};

/// Makes a message ready to leave, with the fingerprint of its action.
type Travel<M> = fn(M, fn() -> Fingerprint) -> Box<dyn Outgoing>;

/// How messages of a type leave the process and how their answers are read; made by the macros
/// for each action that is not local.
pub struct Wire<M: Message> {
    /// Whether the action answers with a stream of results.
    pub(crate) stream: bool,
    fingerprint: fn() -> Fingerprint,
    travel: Travel<M>,
    pub(crate) output: fn(&Recipient, Reply) -> Result<M::Output, Unreadable>,
    pub(crate) error: fn(&dyn Encoded) -> Option<M::Error>,
}

impl<M: WireMessage> Wire<M> {
    pub(crate) const fn with(
        stream: bool,
        fingerprint: fn() -> Fingerprint,
        output: fn(&Recipient, Reply) -> Result<M::Output, Unreadable>,
    ) -> Self {
        Self { stream, fingerprint, travel: travel::<M>, output, error: M::read_error }
    }
}

impl<M: Message> Wire<M> {
    /// Makes a message ready to leave.
    pub(super) fn travel(&self, message: M) -> Box<dyn Outgoing> {
        (self.travel)(message, self.fingerprint)
    }
}

fn travel<M: WireMessage>(message: M, fingerprint: fn() -> Fingerprint) -> Box<dyn Outgoing> {
    Box::new(Traveler { message, fingerprint })
}

/// A typed message that travels.
struct Traveler<M> {
    message: M,
    fingerprint: fn() -> Fingerprint,
}

impl<M: WireMessage> Outgoing for Traveler<M> {
    fn action(&self) -> &str {
        M::INFO.name
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some((self.fingerprint)())
    }

    fn arguments(&self, style: Style) -> Box<dyn erased_serde::Serialize + '_> {
        Box::new(ArgumentsOf(&self.message, style))
    }

    fn encode(&self, encoding: Encoding) -> Result<(Encoding, Vec<u8>), CodecError> {
        let typed = match encoding.style {
            Style::Positional => self.message.encode(encoding),
            Style::SelfDescribing => None,
        };
        typed.unwrap_or_else(|| encoding.encode(&ArgumentsOf(&self.message, encoding.style)))
    }

    fn undelivered(self: Box<Self>) -> Option<Undelivered> {
        Some(Undelivered::new(self.message))
    }
}

impl<M: Message> fmt::Debug for Traveler<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", M::INFO)
    }
}

/// Reads the one value that a message was answered with.
pub(crate) fn read_value<M>(target: &Recipient, reply: Reply) -> Result<M::Output, Unreadable>
where
    M: Message<Output: DeserializeOwned>,
{
    match reply {
        Reply::Value(value) => reviving(&target.node, || decode(&*value)),
        Reply::Stream(_) | Reply::Accepted => Err(Unreadable("expected one value".into())),
    }
}

/// Reads the stream that a message was answered with.
pub(crate) fn read_stream<T>(target: &Recipient, reply: Reply) -> Result<Results<T>, Unreadable>
where
    T: DeserializeOwned + Send + 'static,
{
    match reply {
        Reply::Stream(items) => Ok(Results::of_stream(target, items)),
        Reply::Value(_) | Reply::Accepted => Err(Unreadable("expected a stream".into())),
    }
}

impl<M: Message> fmt::Debug for Wire<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", M::INFO)
    }
}
