//! Exchanges between nodes: how agents of different processes reach each other.
//!
//! [`Transport`] makes byte streams of endpoints: TCP, Unix sockets, and those of tests.

mod transport;

pub use transport::{ByteStream, Incoming, Transport, TransportListener, built_in};
