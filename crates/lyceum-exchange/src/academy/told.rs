//! How the errors of our agents are told to the other side: as exceptions of Python.

use lyceum_core::CallError;
use lyceum_core::exchange::Fault;
use lyceum_wire::academy::pickle::Exception;

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
        CallError::NoSuchAgent(_) => "LookupError",
        CallError::BadArguments(_) => "TypeError",
        CallError::Codec(_) => "ValueError",
        CallError::Timeout(_) => "TimeoutError",
        CallError::Unauthorized(_) => "PermissionError",
        CallError::Disconnected(_) => "ConnectionError",
        CallError::Panicked(_) => "Panicked",
        CallError::Terminated(_) => "Terminated",
        CallError::Inactive(_) => "Inactive",
        CallError::TooLarge(_) => "TooLarge",
        CallError::Overloaded(_) => "Overloaded",
        CallError::Reentrant(_) => "Reentrant",
        CallError::Cancelled(_) => "Cancelled",
        CallError::Down(_) => "Down",
        CallError::StorageFull(_) => "StorageFull",
        CallError::Stale(_) => "Stale",
        _ => "Exception",
    }
}

/// Returns what there is to say of an error, without what is of this side alone.
fn text(error: &Fault) -> String {
    let Some(fault) = error.fault() else { return String::new() };
    let detail = fault.detail.clone();
    detail.unwrap_or_else(|| format!("calling `{}` of a {}", fault.action, fault.agent))
}

/// Returns the name of a type without its modules and parameters: `ValueError`.
fn last_name(kind: &str) -> &str {
    let plain = kind.split('<').next().unwrap_or(kind);
    plain.rsplit([':', '.']).next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_those_that_python_would_have() {
        assert_eq!(last_name("house::error::ValueError"), "ValueError");
        assert_eq!(last_name("house::Error<alloc::string::String>"), "Error");
        assert_eq!(last_name("app.errors.OwnError"), "OwnError");
    }
}
