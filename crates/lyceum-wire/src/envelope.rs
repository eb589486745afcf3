//! Envelopes: what travels between nodes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Address, CodecKind};

/// An addressed message with everything that its way and its answer need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The agent that is meant.
    pub to: Address,
    /// Who sent it, where it is an agent or a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// What the receiver is to do with it.
    pub kind: EnvelopeKind,
    /// Pairs an answer with its call.
    pub correlation: u64,
    /// Time left to answer; deadlines travel so, since clocks differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_left: Option<Duration>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Arguments, result or error.
    pub body: Body,
}

/// What the receiver of an envelope is to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvelopeKind {
    /// Run the action and answer.
    Call {
        /// The action's name.
        action: String,
    },
    /// Run the action; nobody waits.
    Tell {
        /// The action's name.
        action: String,
    },
    /// The result of a call.
    Answer,
    /// The error of a call.
    Error,
    /// A message on a topic.
    Publish {
        /// The topic's name.
        topic: String,
    },
}

/// The encoded part of an envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// How `bytes` were made.
    pub codec: CodecKind,
    /// The encoded value.
    pub bytes: Vec<u8>,
}

impl Body {
    /// Encodes a JSON value.
    pub fn json(value: &Value) -> Self {
        Self { codec: CodecKind::Json, bytes: value.to_string().into_bytes() }
    }
}
