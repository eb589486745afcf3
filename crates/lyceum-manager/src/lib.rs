//! Programs that reach agents of other processes, and start them.
//!
//! Users depend on the crate `lyceum`, with its feature `manager`. In reading order:
//!
//! - [`Commands`] are `call`, `tell`, `ping`, `describe`, `agents` and `stop`, for any program that
//!   wants them in its command line; [`Completions`] completes that in a shell.

mod command;
mod span;

pub use command::{Commands, Completions, exit};
pub use span::parse_span;
