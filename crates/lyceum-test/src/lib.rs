//! Tools for testing agents: only ever a dev-dependency.
//!
//! - [`Seeds`] runs a test under many seeds, and says which one failed and how to replay it.
//! - [`assert_repeatable`] checks that a run depends on its seed alone.

mod repeat;
mod seeds;

pub use repeat::assert_repeatable;
pub use seeds::Seeds;
