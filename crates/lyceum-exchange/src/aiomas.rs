//! The wire of aiomas 2.0.1: agents of its containers, and what lies below them.
//!
//! - [`AiomasExt`] lets the agents of a node be reached, and reach others, by addresses as
//!   `aiomas+tcp://127.0.0.1:5555/0?codec=msgpack`. A [`Manager`] lets others spawn agents.
//!
//! Below agents, aiomas has two more layers, and each can be used alone.
//!
//! - [`Channel`]: requests and answers of any content.
//! - [`Rpc`]: calls by path of what the other side offers. [`Service`] and [`Router`] are what one
//!   side offers, [`RemoteObject`] is what it reaches.
//! - [`Listener`] waits for either.
//!
//! What both ends must agree on is a [`Profile`]; nothing on the wire says it.

mod agents;
mod calls;
mod channel;
mod closed;
mod dialer;
mod driver;
mod driving;
mod exception;
mod exchange;
mod hub;
mod inquiry;
mod link;
mod listen;
mod listener;
mod manager;
mod open;
mod outbox;
mod place;
mod profile;
mod refusal;
mod relay;
mod relays;
mod remote;
mod router;
mod rpc;
mod rpc_error;
mod service;
mod session;
mod site;
mod told;
mod url;

pub use channel::{Channel, ChannelSender, Pending, Request};
pub use closed::Closed;
pub use exception::Exception;
pub use exchange::{Aiomas, AiomasExt};
pub use listen::{Listen, Listening};
pub use listener::Listener;
pub use lyceum_wire::aiomas::{
    Codec, Date, Integer, Limits, Map, Proxy, TypeTable, Value, from_value, to_value,
};
pub use manager::{Manager, Spawn};
pub use open::OpenError;
pub use profile::{Profile, ProfileError};
pub use remote::{RemoteObject, RpcPending};
pub use router::{NestError, Router};
pub use rpc::Rpc;
pub use rpc_error::RpcError;
pub use service::{RpcCall, Service};
