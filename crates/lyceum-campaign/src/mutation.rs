//! Changing inputs, so that programs meet what their writers did not think of.
//!
//! A [`Mutation`] is one change, as data: drawn first, by a [`Mutator`], and then applied. What it
//! draws depends on the caller's random numbers alone, so that a session can be run again.

mod change;
mod draw;
mod interesting;
mod mutator;
mod number;
mod strength;

pub use change::{ByteOrder, Change, Mutation, MutationKind};
pub use mutator::{Mutant, Mutator};
pub use strength::{Strength, Trend};
