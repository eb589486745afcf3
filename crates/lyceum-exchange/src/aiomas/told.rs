//! How the errors of our agents are told to the other side.

use lyceum_core::CallError;
use lyceum_core::exchange::Fault;

use super::Exception;

/// Returns the exception of a call that failed. `path` is what was called.
pub(super) fn exception(fault: &Fault, path: &str) -> Exception {
    match fault {
        CallError::Action(own) => Exception::new(last_name(&own.kind), own.text.clone()),
        CallError::Failed(failure) => {
            Exception::new(last_name(&failure.kind), failure.text.clone())
        }
        CallError::NoSuchAgent(_) => missing(path, 1),
        CallError::UnknownAction(_) => missing(path, 2),
        other => Exception::new(kind(other), text(other)),
    }
}

/// Says that a part of a path leads nowhere.
pub(super) fn missing(path: &str, index: usize) -> Exception {
    let names: Vec<&str> = path.split('/').collect();
    let name = names.get(index).copied().unwrap_or_default();
    Exception::not_found(name, &names[..index.min(names.len())].join("/"))
}

impl From<CallError> for Exception {
    /// Tells of a call that a method made.
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(failure) => Self::new(last_name(&failure.kind), failure.text),
            other => {
                let text = other.to_string();
                Self::new(kind(&other.widen()), text)
            }
        }
    }
}

/// Returns what Python would call such an error, or what we call it.
fn kind(error: &Fault) -> &'static str {
    match error {
        CallError::NoSuchAgent(_) | CallError::UnknownAction(_) => "LookupError",
        CallError::BadArguments(_) => "TypeError",
        CallError::Codec(_) => "SerializationError",
        CallError::Panicked(_) => "Panicked",
        CallError::Terminated(_) => "Terminated",
        CallError::Inactive(_) => "Inactive",
        CallError::TooLarge(_) => "TooLarge",
        CallError::Overloaded(_) => "Overloaded",
        CallError::Reentrant(_) => "Reentrant",
        CallError::Timeout(_) => "Timeout",
        CallError::Cancelled(_) => "Cancelled",
        CallError::Down(_) => "Down",
        CallError::Disconnected(_) => "Disconnected",
        CallError::Unauthorized(_) => "Unauthorized",
        CallError::StorageFull(_) => "StorageFull",
        CallError::Stale(_) => "Stale",
        _ => "Exception",
    }
}

/// Returns what there is to say of an error, without what is of this side alone.
fn text(error: &Fault) -> String {
    let detail = error.fault().and_then(|fault| fault.detail.clone());
    detail.unwrap_or_else(|| {
        let text =
            error.fault().map(|fault| format!("calling `{}` of a {}", fault.action, fault.agent));
        text.unwrap_or_default()
    })
}

/// Returns the name of a type without its modules and parameters: `ValueError`.
fn last_name(kind: &str) -> &str {
    let plain = kind.split('<').next().unwrap_or(kind);
    plain.rsplit("::").next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_those_that_python_would_have() {
        assert_eq!(last_name("house::error::ValueError"), "ValueError");
        assert_eq!(last_name("house::Error<alloc::string::String>"), "Error");
        assert_eq!(last_name("alloc::string::String"), "String");
        assert_eq!(last_name("ValueError"), "ValueError");
    }

    #[test]
    fn missing_parts_are_named_as_by_aiomas() {
        let text = missing("agents/0/forecast/latest", 2).to_string();
        assert_eq!(text, "LookupError: Name \"forecast\" not found in \"agents/0\"");
        let text = missing("agents/7/add", 1).to_string();
        assert_eq!(text, "LookupError: Name \"7\" not found in \"agents\"");
    }
}
