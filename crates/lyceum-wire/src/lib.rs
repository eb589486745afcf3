//! Bytes and descriptions that cross Lyceum's borders, without I/O and without a clock.
//!
//! - [`AgentId`], [`NodeId`]: who is meant.
//! - [`Address`]: an id or a name, and where to look for it, as text.
//! - [`Codec`], [`Encoding`]: values to bytes and back.
//! - [`Fingerprint`]: whether two ends mean the same by an action.
//! - [`Envelope`]: what travels between nodes.
//! - `link`, with the feature of that name: the frames between two nodes.
//! - [`AgentDescription`]: what an agent can do; every door is built from it alone.
//! - `academy`, behind the feature of that name: messages and payloads of Academy.
//! - `aiomas`, behind the feature of that name: the wire of aiomas and mosaik.

mod address;
mod codec;
mod description;
mod envelope;
mod fingerprint;
mod id;
#[cfg(feature = "link")]
pub mod link;
mod trace;

#[cfg(feature = "academy")]
pub mod academy;
#[cfg(feature = "aiomas")]
pub mod aiomas;
#[cfg(feature = "aiomas")]
mod frame;
#[cfg(feature = "aiomas")]
mod integer;
#[cfg(feature = "aiomas")]
mod scan;

pub use address::{Address, AddressError, AgentKey, AgentName, Endpoint, HANDLE};
#[cfg(feature = "messagepack")]
pub use codec::MessagePack;
#[cfg(feature = "postcard")]
pub use codec::Postcard;
pub use codec::{
    COMPRESSION_THRESHOLD, Codec, CodecError, CodecKind, Compression, CompressionError, Encoding,
    Json, NESTING_LIMIT, ReadValue, Style, UnknownCodec, decode_value, encode_value,
};
pub use description::{
    AccessKind, ActionDescription, AgentDescription, BehaviourDescription, ParameterDescription,
    TopicDescription,
};
pub use envelope::{Body, Envelope, EnvelopeKind};
pub use fingerprint::{Fingerprint, fingerprint, fingerprint_with};
#[cfg(feature = "aiomas")]
pub use frame::{FrameDecoder, FrameError, write_frame};
pub use id::{AgentId, NodeId, ParseIdError};
#[cfg(feature = "aiomas")]
pub use integer::{Integer, ParseIntegerError};
pub use trace::{ParseTraceError, TraceContext};
