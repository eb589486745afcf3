//! Tools for testing agents: only ever a dev-dependency.
//!
//! - [`Seeds`] runs a test under many seeds, and says which one failed and how to replay it.
//! - [`SimulatedNetwork`] has hosts whose connections are slow, break and heal, from the seed.
//! - [`exchange_suite!`] makes the tests that every exchange must pass.
//! - [`assert_repeatable`] checks that a run depends on its seed alone.

pub mod conformance;
mod network;
mod repeat;
mod seeds;

pub use conformance::{Bed, Desk, Member, Office, Plan};
pub use network::SimulatedNetwork;
pub use repeat::assert_repeatable;
pub use seeds::Seeds;

/// The pages of the guide that need what is here: their programs are tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/src/network.md")]
    struct Network;
    #[doc = include_str!("../../../docs/src/testing.md")]
    struct Testing;
}
