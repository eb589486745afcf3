//! How the errors of our agents are told to the other side: as exceptions of Python.

use lyceum_core::CallError;
use lyceum_core::exchange::Fault;
use lyceum_wire::academy::pickle::Exception;

use crate::departing::{self, last_name, text};

/// Returns the exception of a call that failed.
pub(super) fn exception(fault: &Fault) -> Exception {
    let (kind, text) = match fault {
        CallError::Action(own) => (last_name(&own.kind), own.text.clone()),
        CallError::Failed(failure) => (last_name(&failure.kind), failure.text.clone()),
        CallError::UnknownAction(fault) => {
            // Word for word what Academy says: its callers know it by that.
            let text =
                format!("{} does not have an action named \"{}\".", fault.agent, fault.action);
            ("AttributeError", text)
        }
        other => (kind(other), text(other)),
    };
    Exception { kind: kind.into(), text }
}

/// Returns what Python would call such an error, or what we call it.
fn kind(error: &Fault) -> &'static str {
    match error {
        CallError::Codec(_) => "ValueError",
        CallError::Timeout(_) => "TimeoutError",
        CallError::Unauthorized(_) => "PermissionError",
        CallError::Disconnected(_) => "ConnectionError",
        error => departing::kind(error),
    }
}
