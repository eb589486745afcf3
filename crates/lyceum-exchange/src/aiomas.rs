//! The wire of aiomas 2.0.1: agents of its containers, and what lies below them.
//!
//! aiomas has three layers, and each can be used alone.
//!
//! - [`Channel`]: requests and answers of any content.
//! - [`Rpc`]: calls by path of what the other side offers. [`Service`] and [`Router`] are what one
//!   side offers, [`RemoteObject`] is what it reaches.
//! - [`Listener`] waits for either.
//!
//! What both ends must agree on is a [`Profile`]; nothing on the wire says it.

mod arguments;
mod calls;
mod channel;
mod closed;
mod driver;
mod driving;
mod exception;
mod link;
mod listener;
mod open;
mod outbox;
mod profile;
mod remote;
mod router;
mod rpc;
mod rpc_error;
mod service;
mod url;

pub use channel::{Channel, ChannelSender, Pending, Request};
pub use closed::Closed;
pub use exception::Exception;
pub use listener::Listener;
pub use lyceum_wire::aiomas::*;
pub use open::OpenError;
pub use profile::{Profile, ProfileError};
pub use remote::{RemoteObject, RpcPending};
pub use router::{NestError, Router};
pub use rpc::Rpc;
pub use rpc_error::RpcError;
pub use service::{RpcCall, Service};
