//! What is run in a session: a program, its limits, and how it ended.
//!
//! A [`Program`] describes one run. A [`Keeper`](crate::sandbox::Keeper) runs it, and an [`Exit`]
//! says what became of it.

mod exit;
mod limits;
mod program;

pub use exit::{Ending, Exit, Limit, Output, Processes};
pub use limits::Limits;
pub use program::{Input, Overflow, Program, TerminalSize};
