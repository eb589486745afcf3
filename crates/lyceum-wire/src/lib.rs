//! Bytes and descriptions that cross Lyceum's borders, without I/O and without a clock.
//!
//! - [`AgentId`], [`NodeId`]: who is meant.
//! - [`Address`]: an id or a name, and where to look for it, as text.
//! - [`Envelope`]: what travels between nodes.
//! - [`AgentDescription`]: what an agent can do; every door is built from it alone.

mod address;
mod description;
mod envelope;
mod fingerprint;
mod id;
mod trace;

pub use address::{Address, AddressError, AgentKey, AgentName, Endpoint};
pub use description::{
    AccessKind, ActionDescription, AgentDescription, BehaviourDescription, ParameterDescription,
    TopicDescription,
};
pub use envelope::{Body, Codec, Envelope, EnvelopeKind};
pub use fingerprint::{Fingerprint, fingerprint};
pub use id::{AgentId, NodeId, ParseIdError};
pub use trace::{ParseTraceError, TraceContext};
