//! Exchanges: how agents of other nodes are reached, and how they reach ours.
//!
//! For those who write an exchange. The core knows none; it asks these of one:
//!
//! - [`Exchange`] finds the [`Peer`] behind an address; a [`Peer`] carries messages to the agents
//!   of one other node.
//! - [`Outgoing`] is a message on its way out, [`Reply`] what comes back, [`Fault`] why nothing
//!   did.
//! - [`Door`] takes what comes in: [`Incoming`] messages, and [`Question`]s about agents.
//! - [`Origin`] is what a message brings along of the calls that led to it.
//!
//! Nothing here moves bytes: values are encoded and decoded by whoever has the codec, through
//! `erased_serde`.

mod by_name;
mod connect;
mod door;
mod encoded;
mod incoming;
mod origin;
mod outgoing;
mod peer;
mod question;
mod remote;
mod wire;

pub use crate::clock::Stopwatch;
pub use by_name::ByName;
pub use connect::{Connect, ConnectError};
pub use door::{Door, InterestWatch};
pub use encoded::{Encoded, EncodedBytes, ReadValue, ToEncode, Unreadable, decode};
pub use incoming::{Incoming, Served, Serving};
pub(crate) use origin::{Caller, Departures};
pub use origin::{Hop, Origin};
pub use outgoing::{Expects, Outgoing, OwnError, Request};
pub(crate) use outgoing::{far, far_any, far_tell};
pub use peer::{Exchange, Fault, Peer, Reply};
pub use question::{AgentFilter, Question, Status};
pub use remote::{Remote, RemoteKind};
pub use wire::Wire;
pub(crate) use wire::{read_stream, read_value};
