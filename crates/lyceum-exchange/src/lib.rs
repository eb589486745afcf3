//! Exchanges between nodes: how agents of different processes reach each other.
//!
//! Users depend on the crate `lyceum`, with its feature `network`. In reading order:
//!
//! - [`Network`] is a node's exchange over sockets; [`NetworkExt`] gives nodes `listen`.
//! - [`Settings`] are its limits and choices.
//! - `academy`, behind the feature of that name: agents of Academy, in both directions.
//! - `aiomas`, behind the feature of that name: agents of aiomas, in both directions.
//! - `mosaik`, behind the feature of that name: programs that are simulators of mosaik.
//! - `mailbox`, behind the feature `mailboxes`: mailboxes that outlive programs; `store` keeps
//!   them, and `server`, behind the feature of that name, serves them by HTTP.
//! - [`Transport`] makes byte streams of endpoints: TCP, Unix sockets, and those of tests.
//!
//! Inside, a `channel` is one byte stream with the frames of `lyceum_wire::link` on it, driven by
//! one task; `network` finds or makes the channel to a node.

#[cfg(feature = "academy")]
pub mod academy;
#[cfg(feature = "aiomas")]
pub mod aiomas;
#[cfg(feature = "aiomas")]
mod arguments;
#[cfg(feature = "aiomas")]
mod arrived;
mod channel;
#[cfg(feature = "aiomas")]
mod departing;
#[cfg(feature = "mailboxes")]
pub mod mailbox;
#[cfg(feature = "mosaik")]
pub mod mosaik;
mod network;
#[cfg(any(feature = "academy", feature = "server"))]
mod pulse;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "mailboxes")]
pub mod store;
mod transport;

pub use network::{
    AskError, ConductError, Conductor, ListenError, Listener, Network, NetworkExt, Settings,
};
pub use transport::{ByteStream, Incoming, Transport, TransportListener};
#[cfg(feature = "tls")]
pub use transport::{Certificates, CertificatesError};
