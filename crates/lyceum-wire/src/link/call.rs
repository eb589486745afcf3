//! Calls and one-way messages.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AgentId, AgentKey, Encoding, Fingerprint, NodeId, TraceContext};

/// Asks an agent of the other node to run an action. The body has the arguments.
///
/// ```
/// use lyceum_wire::link::{ActionKey, Call, Reply};
/// use lyceum_wire::{AgentId, AgentKey, Encoding};
///
/// let to = AgentKey::Id(AgentId::new(7));
/// let call = Call::new(1, to, ActionKey::Name("add".into()), Encoding::JSON);
/// assert_eq!(call.reply, Reply::Result);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Pairs the answer with the call. The caller chooses it, and it is unique among those that
    /// are not answered yet.
    pub id: u64,
    /// The agent that is meant.
    pub to: AgentKey,
    /// The action that is meant.
    pub action: ActionKey,
    /// What the caller waits for.
    pub reply: Reply,
    /// How the arguments are encoded.
    pub encoding: Encoding,
    /// Time left to answer; deadlines travel so, since clocks differ.
    pub time_left: Option<Duration>,
    /// The calls that wait for this one, the oldest first; at most
    /// [`CHAIN_LIMIT`](super::CHAIN_LIMIT).
    pub chain: Vec<Hop>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// The agent that calls, if it is an agent.
    pub from: Option<AgentId>,
}

/// How a call names an action.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActionKey {
    /// By name, and by what the caller takes the action for: arguments by position are for the
    /// very same action alone.
    Typed {
        /// The name.
        name: String,
        /// What the caller takes the action for.
        fingerprint: Fingerprint,
    },
    /// By name.
    Name(String),
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reply {
    /// The action's result.
    Result,
    /// The action's results, one after the other.
    Stream,
    /// That the mailbox has accepted the message: it goes one way.
    Receipt,
}

/// One call of a chain: which node waits for which of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hop {
    /// The node that waits.
    pub node: NodeId,
    /// Which of its calls it waits for.
    pub call: u64,
}

impl Call {
    /// Makes a call that waits for a result, without deadline, chain, trace and caller.
    pub fn new(id: u64, to: AgentKey, action: ActionKey, encoding: Encoding) -> Self {
        Self {
            id,
            to,
            action,
            reply: Reply::Result,
            encoding,
            time_left: None,
            chain: Vec::new(),
            trace: None,
            from: None,
        }
    }
}
