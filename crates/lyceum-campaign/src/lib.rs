//! Test campaigns: programs run in sessions under limits, their inputs mutated, their faults kept.
//!
//! What is here decides, and neither starts a program nor reads a clock. In reading order:
//!
//! - [`Mutator`] changes inputs, and [`Strength`] says how much, by what the sessions scored.

mod mutation;

pub use mutation::{ByteOrder, Change, Mutant, Mutation, MutationKind, Mutator, Strength, Trend};
