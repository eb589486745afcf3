//! Tools for testing agents: only ever a dev-dependency.
//!
//! - [`Seeds`] runs a test under many seeds, and says which one failed and how to replay it.
//! - [`SimulatedNetwork`] has hosts whose connections are slow, break and heal, from the seed.
//! - [`assert_repeatable`] checks that a run depends on its seed alone.

mod network;
mod repeat;
mod seeds;

pub use network::SimulatedNetwork;
pub use repeat::assert_repeatable;
pub use seeds::Seeds;
