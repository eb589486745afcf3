//! The wire of aiomas 2.0.1, which is mosaik's low-level API, too.
//!
//! A stream is cut into payloads by a [`FrameDecoder`]; a [`Codec`] makes a [`Message`] of each
//! one, within [`Limits`]; and a message carries [`Value`]s.
//!
//! - [`Value`]: what a payload holds; [`Integer`], [`Map`] and [`Typed`] are its larger parts.
//! - [`AgentUrl`], [`PeerUrl`]: where an agent is, as text. [`Path`]: what a call names.
//! - [`FrameDecoder`], [`write_frame`]: payloads in a stream.
//! - [`Codec`]: messages to payloads and back, [`Message`]: calls and how they end.
//! - [`Failure`]: what the text of an exception says.

mod blosc;
mod codec;
mod encode;
mod failure;
mod frame;
mod integer;
mod json;
mod limits;
mod map;
mod message;
mod msgpack;
mod path;
mod plain;
mod syntax;
mod url;
mod value;

pub use blosc::BloscError;
pub use codec::{Codec, ParseCodecError};
pub use encode::EncodeError;
pub use failure::Failure;
pub use frame::{FrameDecoder, FrameError, write_frame};
pub use integer::{Integer, ParseIntegerError};
pub use limits::{Limits, NESTING_LIMIT, PAYLOAD_LIMIT};
pub use map::Map;
pub use message::{DecodeError, Message, MessageFault};
pub use path::{Path, PathError};
pub use syntax::SyntaxError;
pub use url::{AgentUrl, Endpoint, PeerUrl, UrlError};
pub use value::{Typed, Value};
