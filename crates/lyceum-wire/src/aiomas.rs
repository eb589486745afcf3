//! The wire of aiomas 2.0.1, which is mosaik's low-level API, too.
//!
//! A stream is cut into payloads by a [`FrameDecoder`]; a [`Codec`] makes a [`Message`] of each
//! one, within [`Limits`]; and a message carries [`Value`]s, which [`from_value`] and [`to_value`]
//! turn into Rust values and back.
//!
//! - [`AgentUrl`], [`PeerUrl`]: where an agent is, as text. [`Path`]: what a call names.
//! - [`FrameDecoder`], [`write_frame`]: payloads in a stream.
//! - [`Codec`]: messages to payloads and back. [`Message`]: calls and how they end. [`Failure`]:
//!   what the text of an exception says.
//! - [`Value`]: what a payload holds. [`Integer`], [`Map`] and [`Typed`] are its larger parts.
//! - [`TypeTable`]: which number stands for which type. [`Date`] and [`Proxy`] always have one.
//! - [`to_value`], [`from_value`]: any type of serde's, by [`Serializer`] and [`Deserializer`].
//!   [`Handles`]: what becomes of agents.
//! - [`Packet`]: a message whose content may be anything, for channels that do not carry calls.

mod blosc;
mod codec;
mod convert;
mod date;
mod decode;
mod deserialize;
mod encode;
mod failure;
mod handles;
mod json;
mod limits;
mod map;
mod message;
mod msgpack;
mod packet;
mod path;
mod plain;
mod proxy;
mod serialize;
mod syntax;
mod table;
mod url;
mod value;

pub use crate::frame::{FrameDecoder, FrameError, write_frame};
pub use crate::integer::{Integer, ParseIntegerError};
pub use blosc::BloscError;
pub use codec::{Codec, ParseCodecError};
pub use convert::{ValueError, from_value, to_value};
pub use date::{Date, DateError};
pub use decode::{DecodeError, MessageFault};
pub use deserialize::Deserializer;
pub use encode::EncodeError;
pub use failure::Failure;
pub use handles::Handles;
pub use limits::{Limits, NESTING_LIMIT, PAYLOAD_LIMIT, VALUE_LIMIT};
pub use map::Map;
pub use message::Message;
pub use packet::{Packet, PacketKind};
pub use path::{Path, PathError};
pub use proxy::Proxy;
pub use serialize::Serializer;
pub use syntax::SyntaxError;
pub use table::{Kind, Known, TypeError, TypeTable};
pub use url::{AgentUrl, Endpoint, PeerUrl, UrlError};
pub use value::{Typed, Value};
