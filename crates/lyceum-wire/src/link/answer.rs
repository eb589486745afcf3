//! Answers: how calls and questions end.

use serde::{Deserialize, Serialize};

use super::Text;
use crate::Encoding;

/// How a call or a question ended. Which one it was says the head.
///
/// ```
/// use lyceum_wire::link::{Fault, FaultKind, Outcome};
///
/// let outcome = Outcome::Fault(Fault::new(FaultKind::UnknownAction, "agent 7 has no `ad`"));
/// assert!(!outcome.has_body());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done; the body has the result.
    Result(Encoding),
    /// The action ran and returned its own error; the body has it.
    Error(Encoding),
    /// The action ran and returned an error that the caller has no type for.
    Failed {
        /// The name of the error's type.
        kind: Text,
        /// The error as text.
        text: Text,
        /// How the error in the body is encoded, where it could be.
        value: Option<Encoding>,
    },
    /// The mailbox has accepted the message, which goes one way.
    Accepted,
    /// The action ran and gives a stream of results, which follow as items.
    Streaming,
    /// It could not be done.
    Fault(Fault),
}

/// Why a call or a question could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is at fault.
    pub kind: FaultKind,
    /// What else there is to say.
    pub detail: Option<Text>,
    /// Whether the action had started, where that is known.
    pub started: Option<bool>,
}

/// What is at fault when a call has no result. `docs/src/semantics.md` has the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FaultKind {
    /// The action panicked.
    Panicked,
    /// No agent is known by that name or id.
    NoSuchAgent,
    /// The agent is gone for good.
    Terminated,
    /// The agent, or the one that calls, is switched off.
    Inactive,
    /// The agent has no such action.
    UnknownAction,
    /// The action has another type here than the caller takes it for: its arguments must be told
    /// apart by name.
    Mismatch,
    /// The arguments do not fit the action.
    BadArguments,
    /// The arguments or the result cannot be encoded or decoded.
    Codec,
    /// The message is larger than the limit.
    TooLarge,
    /// The mailbox is full, and its policy said no or evicted the message.
    Overloaded,
    /// The exchange refused the sender.
    Unauthorized,
    /// The exchange has no room to store the message.
    StorageFull,
    /// The exchange was reached with an outdated lease.
    Stale,
    /// The call would wait for itself.
    Reentrant,
    /// There was no answer at the deadline.
    Timeout,
    /// The caller gave up.
    Cancelled,
    /// The agent went down while it handled the call.
    Down,
    /// A channel on the way was lost.
    Disconnected,
}

impl Outcome {
    /// Returns whether a body belongs to it.
    pub const fn has_body(&self) -> bool {
        match self {
            Self::Result(_) | Self::Error(_) => true,
            Self::Failed { value, .. } => value.is_some(),
            Self::Accepted | Self::Streaming | Self::Fault(_) => false,
        }
    }
}

impl Fault {
    /// Makes a fault with a detail, without word on whether the action started.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: Some(Text::new(detail)), started: None }
    }

    /// Says whether the action had started.
    #[must_use]
    pub const fn started(mut self, started: bool) -> Self {
        self.started = Some(started);
        self
    }
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which call.
    pub id: u64,
    /// How it ended.
    pub outcome: Outcome,
}
