//! The frames between a Lyceum node and Lyceum's exchange server.
//!
//! A message of a WebSocket has one frame or many, one behind the other. `docs/src/wire.md` has the
//! layout in bytes.
//!
//! - [`ToServer`], [`ToClient`]: what is said, in each direction; [`Verb`]: what can be asked.
//! - [`encode`], [`decode`]: frames to bytes and back. [`FrameError`]: what can be wrong with them.
//! - [`Packed`]: a message of Academy as the server keeps it, without its header in JSON.

mod error;
mod frame;
mod head;
mod packed;

pub use error::FrameError;
pub use frame::{FRAME_LIMIT, Frame, MESSAGE_BYTES, cut, decode, encode};
pub use head::{
    CREDIT_LIMIT, Code, HELD_LIMIT, Head, Resume, Said, Statistics, TEXT_LIMIT, ToClient, ToServer,
    VERSION, Verb, Why,
};
pub use packed::{Packed, Post};
