//! Failures: what went wrong with a request, in Python's words and in those of a node.

use lyceum_core::exchange::{Fault, OwnError, decode};
use lyceum_core::{CallError, CallFault, Undelivered};
use lyceum_wire::academy::pickle::Exception;
use lyceum_wire::academy::{Body, Serialization, payload};
use lyceum_wire::link::{self, FaultKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::told;
use crate::channel::faults;

/// Where an exception in JSON says what a node makes of it. Python does not look at it.
const KEY: &str = "lyceum_told";

/// Why a request has no result.
pub(super) struct Failure {
    exception: Exception,
    /// What a node says to another one.
    told: Option<Box<Told>>,
}

/// What a node says to another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// The action returned its own error.
    Own { kind: String, text: String, value: Json },
    /// It could not be done.
    Fault(link::Fault),
}

impl Failure {
    /// Tells of a call that failed here.
    pub(super) fn of(fault: &Fault) -> Self {
        let told = match fault {
            CallError::Action(own) => own_error(own),
            CallError::Failed(failure) => Some(Told::Own {
                kind: failure.kind.clone(),
                text: failure.text.clone(),
                value: failure.value.clone(),
            }),
            fault => Some(Told::Fault(faults::to_link(fault))),
        };
        Self { exception: told::exception(fault), told: told.map(Box::new) }
    }

    /// Tells that there is too much to do.
    pub(super) fn overloaded(text: String) -> Self {
        Self::told(FaultKind::Overloaded, Some(false), "Overloaded", text)
    }

    /// Tells that the answer is too long.
    pub(super) fn too_large(text: String) -> Self {
        Self::told(FaultKind::TooLarge, Some(true), "TooLarge", text)
    }

    /// Tells that arguments cannot be read.
    pub(super) fn unreadable(text: String) -> Self {
        Self::told(FaultKind::Codec, Some(false), "ValueError", text)
    }

    /// Tells that a result cannot be written.
    pub(super) fn unwritable(text: String) -> Self {
        Self::told(FaultKind::Codec, Some(true), "ValueError", text)
    }

    /// Tells that whoever had the request is gone.
    #[cfg(feature = "redis")]
    pub(super) fn down(text: String) -> Self {
        Self::told(FaultKind::Down, None, "ConnectionError", text)
    }

    fn told(fault: FaultKind, started: Option<bool>, kind: &str, text: String) -> Self {
        let detail = Some(link::Text::new(text.clone()));
        let told = Told::Fault(link::Fault { kind: fault, detail, started });
        Self { exception: Exception { kind: kind.into(), text }, told: Some(Box::new(told)) }
    }

    /// Makes the answer.
    pub(super) fn body(&self, serialization: Serialization) -> Body {
        let Exception { kind, text } = &self.exception;
        let exception = payload::write_exception(serialization, kind, text);
        let exception = match (&self.told, serialization) {
            (Some(told), Serialization::Json) => with_told(exception, told),
            _ => exception,
        };
        Body::UserErrorResponse { serialization, exception }
    }
}

/// Returns an action's own error; `None` if it has no form in JSON.
fn own_error(own: &OwnError) -> Option<Told> {
    let value = decode::<Json>(own.value.as_deref()?).ok()?;
    Some(Told::Own { kind: own.kind.clone(), text: own.text.clone(), value })
}

fn with_told(exception: String, told: &Told) -> String {
    match serde_json::from_str::<Map<String, Json>>(&exception) {
        Ok(mut map) => {
            map.insert(KEY.into(), json!(told));
            Json::Object(map).to_string()
        }
        Err(_) => exception,
    }
}

/// Returns the error that a node told of in an exception; the request's part of the report again if
/// it told nothing.
pub(super) fn read(
    exception: &str,
    fault: Box<CallFault>,
    undelivered: impl FnOnce() -> Option<Undelivered>,
) -> Result<Fault, Box<CallFault>> {
    #[derive(Deserialize)]
    struct Written {
        lyceum_told: Told,
    }
    match serde_json::from_str::<Written>(exception).map(|written| written.lyceum_told) {
        Ok(Told::Own { kind, text, value }) => {
            Ok(CallError::Action(OwnError { value: Some(Box::new(value)), kind, text }))
        }
        Ok(Told::Fault(told)) => {
            let is_back = told.started == Some(false);
            let fault = if is_back { fault.with_message(undelivered()) } else { fault };
            Ok(faults::told_of(fault, told))
        }
        Err(_) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use lyceum_wire::{Address, NodeId};

    use super::*;

    fn fault() -> Box<CallFault> {
        Box::new(CallFault {
            agent: "Agent".into(),
            address: Address::local(NodeId::new(1), "adder".parse().expect("a name")),
            action: "add".into(),
            detail: None,
            started: None,
            message: None,
        })
    }

    fn written(failure: &Failure, how: Serialization) -> String {
        match failure.body(how) {
            Body::UserErrorResponse { exception, .. } => exception,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_node_reads_what_a_node_told() {
        let told = written(&Failure::too_large("1 GiB".into()), Serialization::Json);
        let error = read(&told, fault(), || None).expect("it was told");
        assert!(matches!(&error, CallError::TooLarge(fault) if fault.started == Some(true)));
        assert_eq!(error.fault().expect("a fault").detail.as_deref(), Some("1 GiB"));
    }

    #[test]
    fn what_python_says_and_what_no_node_would_is_left_to_its_text() {
        let python = payload::write_exception(Serialization::Json, "ValueError", "bad");
        let deep = format!(r#"{{"lyceum_told":{}1"#, "[".repeat(100_000));
        let strange = r#"{"lyceum_told":{"fault":{"kind":"Bored","detail":null,"started":null}}}"#;
        for text in [&python, &deep, strange, "", "7", r#"{"lyceum_told":null}"#] {
            assert!(read(text, fault(), || None).is_err());
        }
    }

    #[test]
    fn pickles_are_those_of_python_alone() {
        let plain = payload::write_exception(Serialization::Pickle, "TooLarge", "1 GiB");
        let failure = Failure::too_large("1 GiB".into());
        assert_eq!(written(&failure, Serialization::Pickle), plain);
    }
}
