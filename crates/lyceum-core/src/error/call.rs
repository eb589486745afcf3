//! How a call or a one-way message can fail.

use std::fmt;

use lyceum_wire::Address;
use serde_json::Value;

use super::{BadArguments, Undelivered};
use crate::{ActionInfo, NoError, Recipient};

/// Says how a call ended if not with a result. `docs/semantics.md` has the whole table.
///
/// `E` is the action's own error.
///
/// ```
/// use lyceum::{CallError, NoError};
///
/// fn advice(error: &CallError<NoError>) -> &'static str {
///     match error {
///         CallError::Overloaded(_) => "try again later",
///         CallError::Timeout(_) => "ask whether it ran before you try again",
///         _ => "give up",
///     }
/// }
/// # let _ = advice;
/// ```
#[non_exhaustive]
pub enum CallError<E = NoError> {
    /// The action ran and returned its own error.
    Action(E),
    /// The action ran and returned an error that this side has no type for.
    Failed(Box<Failure>),
    /// The action panicked.
    Panicked(Box<CallFault>),
    /// No agent is known by that name.
    NoSuchAgent(Box<CallFault>),
    /// The agent is gone for good.
    Terminated(Box<CallFault>),
    /// The agent, or the one that calls, is switched off.
    Inactive(Box<CallFault>),
    /// The agent has no such action.
    UnknownAction(Box<CallFault>),
    /// The arguments do not fit the action.
    BadArguments(Box<CallFault>),
    /// The arguments or the result cannot be encoded.
    Codec(Box<CallFault>),
    /// The message is larger than the limit.
    TooLarge(Box<CallFault>),
    /// The mailbox is full, and its policy said no or evicted the message.
    Overloaded(Box<CallFault>),
    /// The call would wait for itself.
    Reentrant(Box<CallFault>),
    /// The deadline passed: no answer yet, which does not mean that it did not run.
    Timeout(Box<CallFault>),
    /// The caller gave up.
    Cancelled(Box<CallFault>),
    /// The agent went down while it handled the call.
    Down(Box<CallFault>),
    /// The channel to the agent was lost.
    Disconnected(Box<CallFault>),
    /// The exchange refused the sender.
    Unauthorized(Box<CallFault>),
    /// The exchange has no room to store the message.
    StorageFull(Box<CallFault>),
    /// The exchange was reached with an outdated lease.
    Stale(Box<CallFault>),
}

/// Says how a one-way message failed. The message comes back.
#[derive(Debug)]
#[non_exhaustive]
pub enum TellError {
    /// No agent is known by that name.
    NoSuchAgent(Box<CallFault>),
    /// The agent is gone for good.
    Terminated(Box<CallFault>),
    /// The agent, or the one that sends, is switched off.
    Inactive(Box<CallFault>),
    /// The agent has no such action.
    UnknownAction(Box<CallFault>),
    /// The mailbox is full, and its policy said no.
    Overloaded(Box<CallFault>),
    /// There was no room in the mailbox before the deadline.
    Timeout(Box<CallFault>),
    /// The arguments do not fit the action.
    BadArguments(Box<CallFault>),
    /// The arguments cannot be encoded.
    Codec(Box<CallFault>),
    /// The message is larger than the limit.
    TooLarge(Box<CallFault>),
    /// The channel to the agent was lost, or there is none.
    Disconnected(Box<CallFault>),
    /// The exchange refused the sender.
    Unauthorized(Box<CallFault>),
    /// The exchange has no room to store the message.
    StorageFull(Box<CallFault>),
    /// The exchange was reached with an outdated lease.
    Stale(Box<CallFault>),
}

/// Which call failed, and what is known of it.
pub struct CallFault {
    /// The agent's type.
    pub agent: String,
    /// The agent's address.
    pub address: Address,
    /// The name of the action.
    pub action: String,
    /// What else there is to say.
    pub detail: Option<String>,
    /// Whether the action had started, where that is known.
    pub started: Option<bool>,
    /// The message, where it did not start.
    pub message: Option<Undelivered>,
}

/// An action's own error, without its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The name of the action.
    pub action: String,
    /// The name of the error's type.
    pub kind: String,
    /// The error as text.
    pub text: String,
    /// The error as JSON, where it could be encoded.
    pub value: Value,
}

impl CallFault {
    pub(crate) fn new(target: &Recipient, info: &ActionInfo) -> Box<Self> {
        Self::of(target.type_name(), target.address(), info.name)
    }

    /// Begins the report of a failed call.
    pub(crate) fn of(agent: &str, address: Address, action: &str) -> Box<Self> {
        Box::new(Self {
            agent: agent.into(),
            address,
            action: action.into(),
            detail: None,
            started: None,
            message: None,
        })
    }

    /// Adds what else there is to say.
    pub fn with_detail(self: Box<Self>, detail: impl Into<String>) -> Box<Self> {
        self.detail(detail)
    }

    /// Adds whether the action had started.
    pub fn with_started(self: Box<Self>, started: bool) -> Box<Self> {
        self.started(started)
    }

    /// Adds the message, which did not start.
    pub fn with_message(self: Box<Self>, message: Option<Undelivered>) -> Box<Self> {
        match message {
            Some(message) => self.returning(message),
            None => self.started(false),
        }
    }

    pub(crate) fn detail(mut self: Box<Self>, detail: impl Into<String>) -> Box<Self> {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn started(mut self: Box<Self>, started: bool) -> Box<Self> {
        self.started = Some(started);
        self
    }

    pub(crate) fn returning(mut self: Box<Self>, message: Undelivered) -> Box<Self> {
        self.message = Some(message);
        self.started = Some(false);
        self
    }
}

impl<E> CallError<E> {
    /// Returns which call failed, unless it ran and returned an error.
    pub fn fault(&self) -> Option<&CallFault> {
        self.parts().map(|(_, fault)| fault)
    }

    /// Returns which call failed, to say more about it.
    pub fn fault_mut(&mut self) -> Option<&mut CallFault> {
        match self {
            Self::Action(_) | Self::Failed(_) => None,
            Self::Panicked(fault)
            | Self::NoSuchAgent(fault)
            | Self::Terminated(fault)
            | Self::Inactive(fault)
            | Self::UnknownAction(fault)
            | Self::BadArguments(fault)
            | Self::Codec(fault)
            | Self::TooLarge(fault)
            | Self::Overloaded(fault)
            | Self::Reentrant(fault)
            | Self::Timeout(fault)
            | Self::Cancelled(fault)
            | Self::Down(fault)
            | Self::Disconnected(fault)
            | Self::Unauthorized(fault)
            | Self::StorageFull(fault)
            | Self::Stale(fault) => Some(fault),
        }
    }

    /// Takes the message back, where it did not start.
    pub fn into_undelivered(mut self) -> Option<Undelivered> {
        self.fault_mut()?.message.take()
    }

    /// Returns whether the action had started, where that is known.
    pub fn started(&self) -> Option<bool> {
        match self {
            Self::Action(_) | Self::Failed(_) | Self::Panicked(_) => Some(true),
            other => other.fault()?.started,
        }
    }

    /// Replaces the action's own error.
    pub fn map_action<F>(self, map: impl FnOnce(E) -> CallError<F>) -> CallError<F> {
        match self {
            Self::Action(error) => map(error),
            Self::Failed(failure) => CallError::Failed(failure),
            Self::Panicked(fault) => CallError::Panicked(fault),
            Self::NoSuchAgent(fault) => CallError::NoSuchAgent(fault),
            Self::Terminated(fault) => CallError::Terminated(fault),
            Self::Inactive(fault) => CallError::Inactive(fault),
            Self::UnknownAction(fault) => CallError::UnknownAction(fault),
            Self::BadArguments(fault) => CallError::BadArguments(fault),
            Self::Codec(fault) => CallError::Codec(fault),
            Self::TooLarge(fault) => CallError::TooLarge(fault),
            Self::Overloaded(fault) => CallError::Overloaded(fault),
            Self::Reentrant(fault) => CallError::Reentrant(fault),
            Self::Timeout(fault) => CallError::Timeout(fault),
            Self::Cancelled(fault) => CallError::Cancelled(fault),
            Self::Down(fault) => CallError::Down(fault),
            Self::Disconnected(fault) => CallError::Disconnected(fault),
            Self::Unauthorized(fault) => CallError::Unauthorized(fault),
            Self::StorageFull(fault) => CallError::StorageFull(fault),
            Self::Stale(fault) => CallError::Stale(fault),
        }
    }

    /// Returns the text of the kind of failure, and which call failed.
    fn parts(&self) -> Option<(&'static str, &CallFault)> {
        Some(match self {
            Self::Action(_) | Self::Failed(_) => return None,
            Self::Panicked(fault) => ("the action panicked", fault),
            Self::NoSuchAgent(fault) => ("no agent goes by that name", fault),
            Self::Terminated(fault) => ("the agent is gone for good", fault),
            Self::Inactive(fault) => ("the agent is inactive", fault),
            Self::UnknownAction(fault) => ("the agent has no such action", fault),
            Self::BadArguments(fault) => ("the arguments do not fit", fault),
            Self::Codec(fault) => ("a value cannot be encoded", fault),
            Self::TooLarge(fault) => ("the message is too large", fault),
            Self::Overloaded(fault) => ("the mailbox is full", fault),
            Self::Reentrant(fault) => ("the call would wait for itself", fault),
            Self::Timeout(fault) => ("no answer yet at the deadline", fault),
            Self::Cancelled(fault) => ("the caller gave up", fault),
            Self::Down(fault) => ("the agent went down", fault),
            Self::Disconnected(fault) => ("the channel was lost", fault),
            Self::Unauthorized(fault) => ("the exchange refused the sender", fault),
            Self::StorageFull(fault) => ("the exchange has no room", fault),
            Self::Stale(fault) => ("the lease is outdated", fault),
        })
    }
}

impl CallError<NoError> {
    /// Turns an error of a call whose action has no error of its own into one of any other.
    pub fn widen<E>(self) -> CallError<E> {
        self.map_action(|never| match never {})
    }

    pub(crate) fn bad_arguments(target: &Recipient, info: &ActionInfo, why: &BadArguments) -> Self {
        Self::BadArguments(CallFault::new(target, info).detail(why.to_string()).started(false))
    }
}

impl TellError {
    /// Returns which message failed.
    pub fn fault(&self) -> &CallFault {
        self.parts().1
    }

    /// Takes the message back.
    pub fn into_undelivered(self) -> Option<Undelivered> {
        match self {
            Self::NoSuchAgent(fault)
            | Self::Terminated(fault)
            | Self::Inactive(fault)
            | Self::UnknownAction(fault)
            | Self::Overloaded(fault)
            | Self::Timeout(fault)
            | Self::BadArguments(fault)
            | Self::Codec(fault)
            | Self::TooLarge(fault)
            | Self::Disconnected(fault)
            | Self::Unauthorized(fault)
            | Self::StorageFull(fault)
            | Self::Stale(fault) => fault.message,
        }
    }

    fn parts(&self) -> (&'static str, &CallFault) {
        match self {
            Self::NoSuchAgent(fault) => ("no agent goes by that name", fault),
            Self::Terminated(fault) => ("the agent is gone for good", fault),
            Self::Inactive(fault) => ("the agent is inactive", fault),
            Self::UnknownAction(fault) => ("the agent has no such action", fault),
            Self::Overloaded(fault) => ("the mailbox is full", fault),
            Self::Timeout(fault) => ("no room in the mailbox before the deadline", fault),
            Self::BadArguments(fault) => ("the arguments do not fit", fault),
            Self::Codec(fault) => ("a value cannot be encoded", fault),
            Self::TooLarge(fault) => ("the message is too large", fault),
            Self::Disconnected(fault) => ("the channel was lost", fault),
            Self::Unauthorized(fault) => ("the exchange refused the sender", fault),
            Self::StorageFull(fault) => ("the exchange has no room", fault),
            Self::Stale(fault) => ("the lease is outdated", fault),
        }
    }
}

impl<E: fmt::Debug + fmt::Display + Send + Sync + 'static> CallError<E> {
    pub(crate) fn into_box(self) -> super::BoxError {
        Box::new(self)
    }
}

impl From<TellError> for CallError {
    fn from(error: TellError) -> Self {
        match error {
            TellError::NoSuchAgent(fault) => Self::NoSuchAgent(fault),
            TellError::Terminated(fault) => Self::Terminated(fault),
            TellError::Inactive(fault) => Self::Inactive(fault),
            TellError::UnknownAction(fault) => Self::UnknownAction(fault),
            TellError::Overloaded(fault) => Self::Overloaded(fault),
            TellError::Timeout(fault) => Self::Timeout(fault),
            TellError::BadArguments(fault) => Self::BadArguments(fault),
            TellError::Codec(fault) => Self::Codec(fault),
            TellError::TooLarge(fault) => Self::TooLarge(fault),
            TellError::Disconnected(fault) => Self::Disconnected(fault),
            TellError::Unauthorized(fault) => Self::Unauthorized(fault),
            TellError::StorageFull(fault) => Self::StorageFull(fault),
            TellError::Stale(fault) => Self::Stale(fault),
        }
    }
}

impl TellError {
    /// Turns the error of a message that was not accepted into that of a one-way message; `None`
    /// for what only an action that ran can end with.
    pub(crate) fn of_call<E>(error: CallError<E>) -> Option<Self> {
        Some(match error {
            CallError::Action(_) | CallError::Failed(_) | CallError::Panicked(_) => return None,
            CallError::NoSuchAgent(fault) => Self::NoSuchAgent(fault),
            CallError::Terminated(fault) => Self::Terminated(fault),
            CallError::Inactive(fault) => Self::Inactive(fault),
            CallError::UnknownAction(fault) => Self::UnknownAction(fault),
            CallError::Overloaded(fault) | CallError::Reentrant(fault) => Self::Overloaded(fault),
            CallError::Timeout(fault) => Self::Timeout(fault),
            CallError::BadArguments(fault) => Self::BadArguments(fault),
            CallError::Codec(fault) => Self::Codec(fault),
            CallError::TooLarge(fault) => Self::TooLarge(fault),
            CallError::Unauthorized(fault) => Self::Unauthorized(fault),
            CallError::StorageFull(fault) => Self::StorageFull(fault),
            CallError::Stale(fault) => Self::Stale(fault),
            CallError::Disconnected(fault)
            | CallError::Down(fault)
            | CallError::Cancelled(fault) => Self::Disconnected(fault),
        })
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(error) => error.fmt(f),
            Self::Failed(failure) => {
                write!(f, "`{}` failed: {}: {}", failure.action, failure.kind, failure.text)
            }
            other => match other.parts() {
                Some((kind, fault)) => fault.write(f, "call", kind),
                None => f.write_str("the call failed"),
            },
        }
    }
}

impl fmt::Display for TellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, fault) = self.parts();
        fault.write(f, "tell", kind)
    }
}

impl CallFault {
    fn write(&self, f: &mut fmt::Formatter<'_>, verb: &str, kind: &str) -> fmt::Result {
        write!(f, "cannot {verb} `{}` of {}('{}'): {kind}", self.action, self.agent, self.address)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        match self.started {
            Some(true) => f.write_str("; it had started"),
            Some(false) | None => Ok(()),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(error) => f.debug_tuple("Action").field(error).finish(),
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
            other => match other.parts() {
                Some((kind, fault)) => fault.write(f, "call", kind),
                None => f.write_str("CallError"),
            },
        }
    }
}

impl fmt::Debug for CallFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "reach", "fault")
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {}

impl std::error::Error for TellError {}
