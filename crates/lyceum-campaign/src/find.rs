//! What sessions find, and whether it was found before.

mod book;
mod cause;
mod frame;
mod kind;
mod line;
mod name;
mod trace;

pub use book::{FindBook, KnownFind, Noted};
pub use cause::{Cause, Find};
pub use kind::FindKind;
pub(crate) use line::alike;
pub use name::DirectoryName;
