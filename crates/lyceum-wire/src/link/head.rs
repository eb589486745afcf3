//! What a frame is for.

use serde::{Deserialize, Serialize};

use super::{Answer, Call, Fault, Hello, Outcome, Part, Question, Refusal, Terms, Text};
use crate::{AgentId, AgentKey, Encoding};

/// The head of a frame: what it is for, without the encoded value.
///
/// The order of the variants is part of the wire.
///
/// ```
/// use lyceum_wire::link::Head;
///
/// assert!(Head::Ping { number: 1 }.is_control());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Head {
    /// Says what a node can; the first frame of each side.
    Hello(Box<Hello>),
    /// Accepts the other node, on these terms.
    Welcome(Box<Terms>),
    /// Does not accept the other node. Nothing follows.
    Refused(Refusal),
    /// Calls an action, or sends it a one-way message. The body has the arguments.
    Call(Call),
    /// Ends a call. The body has the result or the error.
    Answer(Answer),
    /// Gives up a call or a stream of results, or a question.
    Cancel {
        /// Which call or question.
        id: u64,
    },
    /// One of a stream of results. The body has it.
    Item {
        /// Which call.
        id: u64,
        /// How the result is encoded.
        encoding: Encoding,
    },
    /// The end of a stream of results.
    ItemsEnd {
        /// Which call.
        id: u64,
        /// Why there are no more, unless those were all.
        fault: Option<Fault>,
    },
    /// Allows so many results more.
    ItemCredit {
        /// Which call.
        id: u64,
        /// How many.
        count: u32,
    },
    /// Asks something that is no call of an action.
    Ask {
        /// Pairs the answer with the question; from the same numbers as those of calls.
        id: u64,
        /// The agent that is meant, or the node.
        to: Option<AgentKey>,
        /// What is asked.
        what: Question,
    },
    /// Answers a question. The body has the answer.
    Told {
        /// Which question.
        id: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// Says which topics the node wants from now on, by patterns.
    Interest {
        /// Patterns that are new.
        add: Vec<String>,
        /// Patterns that nobody wants any more.
        remove: Vec<String>,
    },
    /// A message on a topic. The body has it.
    Publish {
        /// The topic.
        topic: String,
        /// How the message is encoded.
        encoding: Encoding,
        /// The agent that published it, if an agent did.
        from: Option<AgentId>,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back.
        number: u64,
    },
    /// Gives a sign of life.
    Pong {
        /// The number of the ping.
        number: u64,
    },
    /// A part of a large body. The body has it.
    Chunk {
        /// Which large body.
        stream: u32,
        /// Which part.
        part: Part,
    },
    /// Says that the channel is closed in a moment, and why. Nothing follows.
    Goodbye {
        /// The reason.
        reason: GoodbyeReason,
        /// What else there is to say.
        text: Text,
    },
}

/// Why a node closes a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum GoodbyeReason {
    /// The node stops.
    Stopping,
    /// Nobody uses the channel.
    Idle,
    /// There is another channel between the two nodes, which is kept.
    Duplicate,
    /// The other node sent what it should not have.
    Misbehaviour,
    /// The other node was silent for too long.
    Silence,
}

impl Head {
    /// Returns whether a body may belong to it.
    pub const fn may_have_body(&self) -> bool {
        match self {
            Self::Call(_) | Self::Item { .. } | Self::Publish { .. } | Self::Chunk { .. } => true,
            Self::Answer(Answer { outcome, .. }) | Self::Told { outcome, .. } => outcome.has_body(),
            _ => false,
        }
    }

    /// Returns whether it keeps the channel itself going, so that it must not wait for room.
    pub const fn is_control(&self) -> bool {
        matches!(
            self,
            Self::Hello(_)
                | Self::Welcome(_)
                | Self::Refused(_)
                | Self::Cancel { .. }
                | Self::ItemCredit { .. }
                | Self::Ping { .. }
                | Self::Pong { .. }
                | Self::Goodbye { .. }
        )
    }

    /// Returns the id, if it is a call.
    pub(super) const fn call(&self) -> Option<u64> {
        match self {
            Self::Call(call) => Some(call.id),
            _ => None,
        }
    }

    /// Returns what it is called in errors.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Welcome(_) => "welcome",
            Self::Refused(_) => "refused",
            Self::Call(_) => "call",
            Self::Answer(_) => "answer",
            Self::Cancel { .. } => "cancel",
            Self::Item { .. } => "item",
            Self::ItemsEnd { .. } => "items end",
            Self::ItemCredit { .. } => "item credit",
            Self::Ask { .. } => "ask",
            Self::Told { .. } => "told",
            Self::Interest { .. } => "interest",
            Self::Publish { .. } => "publish",
            Self::Ping { .. } => "ping",
            Self::Pong { .. } => "pong",
            Self::Chunk { .. } => "chunk",
            Self::Goodbye { .. } => "goodbye",
        }
    }
}
