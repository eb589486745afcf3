//! JSON as Python reads and writes it.
//!
//! Not `serde_json`, since Python's JSON has NaN, the infinities and integers of any size, and its
//! writer has other separators and escapes.

mod float;
mod number;
mod read;
mod text;
mod write;

pub(crate) use read::Reader;
pub(crate) use write::{write_message, write_value};
