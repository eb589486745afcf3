//! Exchanges between nodes: how agents of different processes reach each other.
//!
//! - `aiomas`, behind the feature of that name: agents of aiomas, in both directions.
//!
//! [`Transport`] makes byte streams of endpoints: TCP, Unix sockets, and those of tests.

#[cfg(feature = "aiomas")]
pub mod aiomas;
mod transport;

pub use transport::{ByteStream, Incoming, Transport, TransportListener, built_in};
