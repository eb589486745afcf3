//! Why an exchange cannot be used.

use lyceum_wire::Endpoint;
use thiserror::Error;

use super::MailboxError;

/// Says why an exchange cannot be used, or an agent has no mailbox there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is no URL of an exchange.
    #[error(
        "cannot use `{0}`: expected exchange://HOST:PORT, academy+http://HOST:PORT, with the \
         feature for it redis://HOST:PORT or hybrid://HOST:PORT, or the same with an s for TLS, \
         with options or not"
    )]
    Url(String),
    /// An option of the URL is none that this wire has.
    #[error("cannot use `{url}`: expected {expected}")]
    Option {
        /// The URL.
        url: Box<Endpoint>,
        /// What was expected.
        expected: &'static str,
    },
    /// No transport leads there.
    #[error("cannot use `{0}`: no transport leads there; TLS needs certificates")]
    Transport(Endpoint),
    /// The node is in simulated time, and has no real network.
    #[error("cannot use `{0}` on a simulated node: it has no network")]
    Simulated(Endpoint),
    /// The node uses too many exchanges.
    #[error("cannot use another exchange: expected at most {0}")]
    Full(usize),
    /// The agent is not one of the node.
    #[error("cannot register {0}: it is no agent of the node")]
    Elsewhere(String),
    /// The name of a class is none.
    #[error("cannot use `{0}` as the name of a class: expected names with dots between them")]
    Class(String),
    /// The name or the attributes of a mailbox are none that the exchange takes.
    #[error("cannot register an agent with this name and these attributes: expected {0}")]
    Attributes(&'static str),
    /// The agent has a mailbox there already.
    #[error("cannot register an agent twice at one exchange")]
    Twice,
    /// The node has ended.
    #[error("cannot use an exchange: the node has ended")]
    Ended,
    /// The exchange said no.
    #[error("cannot use the exchange at `{url}`")]
    Exchange {
        /// Where it is.
        url: Box<Endpoint>,
        /// What it said.
        #[source]
        cause: MailboxError,
    },
}
