//! MsgPack as `msgpack` 0.6 for Python reads and writes it.
//!
//! Own code, since the reader must check each announced length before it allocates anything.

mod read;
mod write;

pub(crate) use read::Reader;
pub(crate) use write::{write_message, write_value};
