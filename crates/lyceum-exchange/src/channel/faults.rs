//! How calls can end, between the link's words and the core's.

use lyceum_core::exchange::{Fault, OwnError, Remote};
use lyceum_core::{CallError, CallFault};
use lyceum_wire::link::{self, FaultKind};

use super::encoding::Received;

/// Turns an error of this node's into what the other one is told.
pub(crate) fn to_link(error: &CallError<OwnError>) -> link::Fault {
    let kind = match error {
        CallError::Panicked(_) => FaultKind::Panicked,
        CallError::NoSuchAgent(_) => FaultKind::NoSuchAgent,
        CallError::Terminated(_) => FaultKind::Terminated,
        CallError::Inactive(_) => FaultKind::Inactive,
        CallError::UnknownAction(_) => FaultKind::UnknownAction,
        CallError::BadArguments(_) => FaultKind::BadArguments,
        CallError::TooLarge(_) => FaultKind::TooLarge,
        CallError::Overloaded(_) => FaultKind::Overloaded,
        CallError::Unauthorized(_) => FaultKind::Unauthorized,
        CallError::StorageFull(_) => FaultKind::StorageFull,
        CallError::Stale(_) => FaultKind::Stale,
        CallError::Reentrant(_) => FaultKind::Reentrant,
        CallError::Timeout(_) => FaultKind::Timeout,
        CallError::Cancelled(_) => FaultKind::Cancelled,
        CallError::Down(_) => FaultKind::Down,
        CallError::Disconnected(_) => FaultKind::Disconnected,
        _ => FaultKind::Codec,
    };
    let fault = error.fault();
    let detail = fault.and_then(|fault| fault.detail.clone());
    link::Fault {
        kind,
        detail: detail.map(link::Text::new),
        started: fault.and_then(|fault| fault.started),
    }
}

/// Turns what the other node told into an error about an agent there.
pub(super) fn from_link<E>(remote: &Remote, action: &str, told: link::Fault) -> CallError<E> {
    told_of(remote.fault(action), told)
}

/// Turns what another node told into an error of a message.
pub(crate) fn told_of<E>(mut fault: Box<CallFault>, told: link::Fault) -> CallError<E> {
    fault.detail = told.detail.map(|text| text.to_string());
    fault.started = told.started;
    let make: fn(Box<CallFault>) -> CallError<E> = match told.kind {
        FaultKind::Panicked => CallError::Panicked,
        FaultKind::NoSuchAgent => CallError::NoSuchAgent,
        FaultKind::Terminated => CallError::Terminated,
        FaultKind::Inactive => CallError::Inactive,
        FaultKind::UnknownAction => CallError::UnknownAction,
        FaultKind::BadArguments => CallError::BadArguments,
        FaultKind::TooLarge => CallError::TooLarge,
        FaultKind::Overloaded => CallError::Overloaded,
        FaultKind::Unauthorized => CallError::Unauthorized,
        FaultKind::StorageFull => CallError::StorageFull,
        FaultKind::Stale => CallError::Stale,
        FaultKind::Reentrant => CallError::Reentrant,
        FaultKind::Timeout => CallError::Timeout,
        FaultKind::Cancelled => CallError::Cancelled,
        FaultKind::Down => CallError::Down,
        FaultKind::Disconnected => CallError::Disconnected,
        _ => CallError::Codec,
    };
    make(fault)
}

/// Turns an outcome that is no result into an error.
pub(super) fn of_outcome(
    remote: &Remote,
    action: &str,
    outcome: link::Outcome,
    body: bytes::Bytes,
    limit: usize,
) -> Fault {
    match outcome {
        link::Outcome::Fault(told) => from_link(remote, action, told),
        link::Outcome::Failed { kind, text, value } => {
            let value = value.map(|encoding| Received::boxed(encoding, body, limit));
            let (kind, text) = (kind.to_string(), text.to_string());
            CallError::Action(OwnError { value, kind, text })
        }
        link::Outcome::Error(encoding) => CallError::Action(OwnError {
            value: Some(Received::boxed(encoding, body, limit)),
            kind: "Error".into(),
            text: String::new(),
        }),
        _ => CallError::Codec(remote.fault(action).with_detail("the answer is of another kind")),
    }
}
