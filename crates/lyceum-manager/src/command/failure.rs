//! How a command can fail.

use std::io;
use std::time::Duration;

use lyceum_core::exchange::ConnectError;
use lyceum_core::{CallError, ReviveError, TellError, Value};
use lyceum_wire::AddressError;
use serde_json::json;
use thiserror::Error;

use super::exit;

/// Says why a command came to nothing.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The action ran and returned its own error, or failed while it ran.
    #[error("{text}")]
    Action { text: String, kind: Option<String>, value: Value },
    /// The command asks for what there cannot be.
    #[error("{0}")]
    Usage(String),
    /// Nobody is there.
    #[error("{0}")]
    Unreachable(String),
    /// Time is up.
    #[error("no answer from `{url}` within {limit:?} to `{verb}`{}", advice(*.may_run))]
    Timeout { url: String, verb: String, limit: Duration, may_run: bool },
    /// It failed, and whoever has to know was told.
    #[error("it failed")]
    Told,
    /// It was told to end by SIGTERM, and did so in good order; whoever started it wants to know.
    #[error("it was told to end")]
    Terminated,
    /// The answer could not be printed.
    #[error("cannot print the answer: {0}")]
    Print(#[from] io::Error),
}

fn advice(may_run: bool) -> &'static str {
    if may_run { ": it may still run; --timeout waits longer" } else { ": --timeout waits longer" }
}

impl Failure {
    /// Returns the code that the program ends with.
    pub(crate) fn code(&self) -> u8 {
        match self {
            // Whoever read the answer went away, as in `| head`: an end, and no fault.
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::DONE,
            Self::Action { .. } | Self::Told | Self::Print(_) => exit::ACTION,
            Self::Usage(_) => exit::USAGE,
            Self::Unreachable(_) => exit::UNREACHABLE,
            Self::Timeout { .. } => exit::TIMEOUT,
            Self::Terminated => exit::TERMINATED,
        }
    }

    /// Returns whether nobody needs to read of it.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Self::Told | Self::Terminated) || self.code() == exit::DONE
    }

    /// Returns the failure as JSON.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Action { text, kind, value } => {
                json!({ "error": "action", "text": text, "kind": kind, "value": value })
            }
            Self::Usage(text) => json!({ "error": "usage", "text": text }),
            Self::Unreachable(text) => json!({ "error": "unreachable", "text": text }),
            Self::Timeout { .. } => json!({ "error": "timeout", "text": self.to_string() }),
            Self::Told | Self::Terminated | Self::Print(_) => {
                json!({ "error": "print", "text": self.to_string() })
            }
        }
    }

    /// Says why an agent is not connected to.
    pub(crate) fn of_connect(url: &str, error: &ConnectError) -> Self {
        match error {
            ConnectError::Address(error) => error.clone().into(),
            ConnectError::Revive(ReviveError::NoNode(_)) => Self::Usage(format!(
                "cannot reach `{url}`: expected tcp://HOST:PORT/AGENT or unix://PATH#AGENT"
            )),
            ConnectError::Unreachable { cause, .. } => Self::of_connected(url, cause),
            other => Self::Unreachable(other.to_string()),
        }
    }

    fn of_connected(url: &str, cause: &CallError) -> Self {
        match cause {
            CallError::NoSuchAgent(_) | CallError::Terminated(_) => {
                Self::Unreachable(format!("cannot reach `{url}`: its node has no such agent"))
            }
            CallError::Disconnected(fault) => {
                let why = fault.detail.as_deref().unwrap_or("the channel was lost");
                Self::unreachable(url, why)
            }
            other => Self::Unreachable(other.to_string()),
        }
    }

    /// Says that nobody is there who speaks our language.
    pub(crate) fn unreachable(url: &str, why: &str) -> Self {
        let expected = if why.starts_with("cannot agree") {
            "expected a node that takes us in; --token or LYCEUM_TOKEN shows it a secret"
        } else {
            "expected a Lyceum node that listens there"
        };
        Self::Unreachable(format!("cannot reach `{url}`: {why}: {expected}"))
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Sorts the ends of a call, apart from that of its deadline, which needs to know the limit.
impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let text = error.to_string();
        match error {
            CallError::Failed(failure) => {
                // Where the type lies is of no use to who calls by name.
                let kind = failure.kind.rsplit("::").next().unwrap_or_default().to_owned();
                let text = format!("`{}` failed: {kind}: {}", failure.action, failure.text);
                Self::Action { text, kind: Some(kind), value: failure.value }
            }
            CallError::UnknownAction(_) | CallError::BadArguments(_) | CallError::TooLarge(_) => {
                Self::Usage(text)
            }
            CallError::NoSuchAgent(_)
            | CallError::Terminated(_)
            | CallError::Inactive(_)
            | CallError::Overloaded(_)
            | CallError::Disconnected(_)
            | CallError::Unauthorized(_)
            | CallError::StorageFull(_)
            | CallError::Stale(_) => Self::Unreachable(text),
            _ => Self::Action { text, kind: None, value: Value::Null },
        }
    }
}

impl From<TellError> for Failure {
    fn from(error: TellError) -> Self {
        CallError::from(error).into()
    }
}
