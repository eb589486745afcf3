//! What exceptions of the other side mean for a call.

use lyceum_core::exchange::{Fault, OwnError};
use lyceum_core::{CallError, CallFault, Undelivered};
use lyceum_wire::aiomas::{Failure, Value};
use serde_json::json;

use super::Exception;
use super::rpc_error::read_exception;

/// How much of a path leads to an agent: `agents` and its id.
const AGENT_PARTS: usize = 2;

/// Returns the error of a call of `path` that was answered with an exception.
///
/// What aiomas says of paths that lead nowhere is known by its text. All else ran, as far as is
/// known.
pub(super) fn of_exception(
    content: Value,
    path: &str,
    fault: Box<CallFault>,
    message: impl FnOnce() -> Option<Undelivered>,
) -> Fault {
    let (kind, message_text, text) = read_exception(content);
    let failure = Failure { kind: &kind, message: &message_text };
    let refused = || fault_with(fault, failure.message, message());
    match missing(&failure, path) {
        Some(Missing::Agent) => CallError::NoSuchAgent(refused()),
        Some(Missing::Member) => CallError::UnknownAction(refused()),
        None => CallError::Action(own_error(&failure, &text)),
    }
}

fn fault_with(fault: Box<CallFault>, detail: &str, message: Option<Undelivered>) -> Box<CallFault> {
    fault.with_detail(detail).with_message(message)
}

/// Returns an exception as the core knows errors: with its traceback in the value.
fn own_error(failure: &Failure<'_>, text: &str) -> OwnError {
    let kind = if failure.kind.is_empty() { "Exception" } else { failure.kind };
    let value = json!({"kind": kind, "message": failure.message, "traceback": text});
    OwnError { value: Some(Box::new(value)), kind: kind.into(), text: failure.message.into() }
}

/// What a path lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Agent,
    Member,
}

fn missing(failure: &Failure<'_>, path: &str) -> Option<Missing> {
    if failure.kind != "LookupError" {
        return None;
    }
    let names: Vec<&str> = path.split('/').collect();
    for (index, name) in names.iter().enumerate() {
        let place = names[..index].join("/");
        if failure.message == Exception::not_found(name, &place).message() {
            let is_agent = names[0] == "agents" && index < AGENT_PARTS;
            return Some(if is_agent { Missing::Agent } else { Missing::Member });
        }
    }
    let member = names.last().copied().unwrap_or_default();
    let hidden = format!(".{member}\" is not exposed");
    failure.message.ends_with(&hidden).then_some(Missing::Member)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: Option<Missing>) {
        let failure = Failure { kind: "LookupError", message };
        assert_eq!(missing(&failure, "agents/7/forecast/latest"), expected, "{message}");
    }

    #[test]
    fn paths_that_lead_nowhere_are_told_from_errors() {
        check("Name \"7\" not found in \"agents\"", Some(Missing::Agent));
        check("Name \"forecast\" not found in \"agents/7\"", Some(Missing::Member));
        check("Name \"latest\" not found in \"agents/7/forecast\"", Some(Missing::Member));
        check("\"house.Forecast.latest\" is not exposed", Some(Missing::Member));
        check("Name \"7\" not found in \"rooms\"", None);
        check("no such room", None);
        let failure = Failure { kind: "KeyError", message: "Name \"7\" not found in \"agents\"" };
        assert_eq!(missing(&failure, "agents/7/add"), None);
    }
}
