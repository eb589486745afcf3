//! Test campaigns: programs run in sessions under limits, their inputs mutated, their faults kept.
//!
//! In reading order:
//!
//! - [`process`] says what is run: a program with its input and limits, and how it ended.
//! - [`sandbox`] runs it: a keeper starts one program after the other, shut off from the machine,
//!   and leaves no process behind.

pub mod process;
pub mod sandbox;

/// The page of the guide: its program is compiled as a test.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/src/sandbox.md")]
    struct Sandbox;
}
