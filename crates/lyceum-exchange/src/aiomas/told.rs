//! How the errors of our agents are told to the other side.

use lyceum_core::CallError;
use lyceum_core::exchange::Fault;

use super::Exception;
use crate::departing::{self, last_name, text};

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
        CallError::UnknownAction(_) => "LookupError",
        CallError::Codec(_) => "SerializationError",
        error => departing::kind(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_are_named_as_by_aiomas() {
        let text = missing("agents/0/forecast/latest", 2).to_string();
        assert_eq!(text, "LookupError: Name \"forecast\" not found in \"agents/0\"");
        let text = missing("agents/7/add", 1).to_string();
        assert_eq!(text, "LookupError: Name \"7\" not found in \"agents\"");
    }
}
