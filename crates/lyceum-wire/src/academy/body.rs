//! Bodies: what one mailbox says to another.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::academy::{EntityId, Kind};

/// What stands before a text that is a result.
const SERIALIZED: &str = "__serialized__";

/// What a message says.
///
/// ```
/// use lyceum_wire::academy::{Body, ErrorCode};
///
/// let body: Body = serde_json::from_str(r#"{"kind":"academy-error-response","error_code":3}"#)?;
/// let code = ErrorCode::ActionCancelled;
/// assert_eq!(body, Body::AcademyErrorResponse { error_code: code, mailbox_id: None });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Body {
    /// Run an action.
    ActionRequest(ActionRequest),
    /// Answer with [`SuccessResponse`](Self::SuccessResponse).
    PingRequest,
    /// Cancel an action that runs.
    CancelRequest {
        /// The tag of the action's request.
        target_tag: Uuid,
    },
    /// End.
    ShutdownRequest {
        /// Whether the mailbox ends, too; `None` leaves that to the agent.
        terminate: Option<bool>,
    },
    /// The action returned.
    ActionResponse(Payload),
    /// The action, or what surrounds it, raised an exception.
    UserErrorResponse {
        /// How the exception is written.
        serialization: Serialization,
        /// The exception.
        exception: String,
    },
    /// The request was not served.
    AcademyErrorResponse {
        /// Why.
        error_code: ErrorCode,
        /// The mailbox that it is about.
        mailbox_id: Option<EntityId>,
    },
    /// A ping, a shutdown or a cancellation came through.
    SuccessResponse,
}

/// Which action is to run, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionRequest {
    /// The name of the action.
    pub action: String,
    /// How the arguments are written.
    pub serialization: Serialization,
    /// How the result is to be written; as the arguments, unless given.
    #[serde(default)]
    pub result_serialization: Option<Serialization>,
    /// How an exception is to be written; as the result, unless given.
    #[serde(default)]
    pub exception_serialization: Option<Serialization>,
    /// The arguments by position: a tuple or list.
    #[serde(default = "no_arguments")]
    pub pargs: String,
    /// The arguments by name: a dict.
    #[serde(default = "no_arguments")]
    pub kargs: String,
    /// How long the sender waits from when it sent this, where it is a node that says so. Academy
    /// does not know it, and ignores it.
    #[serde(default, rename = "lyceum_time_left_millis", skip_serializing_if = "Option::is_none")]
    pub time_left_millis: Option<u64>,
}

/// A result, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// How it is written.
    pub serialization: Serialization,
    /// The written value.
    pub text: String,
}

/// How arguments, results and exceptions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Serialization {
    /// Python's pickle, in base64. Academy's default.
    Pickle,
    /// JSON.
    Json,
}

/// Why a request was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The mailbox is gone for good.
    MailboxTerminated,
    /// The agent ended before it answered a ping.
    PingCancelled,
    /// There is no such action to be cancelled.
    ActionInvalidState,
    /// The action was cancelled.
    ActionCancelled,
    /// A user was asked, who serves nothing.
    InvalidClient,
    /// The versions of the protocol do not fit.
    IncompatibleProtocol,
    /// One that later versions have.
    Other(u16),
}

impl Body {
    /// Returns whether this is a request or the answer to one.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ActionRequest(_)
            | Self::PingRequest
            | Self::CancelRequest { .. }
            | Self::ShutdownRequest { .. } => Kind::Request,
            Self::ActionResponse(_)
            | Self::UserErrorResponse { .. }
            | Self::AcademyErrorResponse { .. }
            | Self::SuccessResponse => Kind::Response,
        }
    }
}

impl ActionRequest {
    /// Returns how the result is to be written.
    pub fn for_result(&self) -> Serialization {
        self.result_serialization.unwrap_or(self.serialization)
    }

    /// Returns how an exception is to be written.
    pub fn for_exception(&self) -> Serialization {
        self.exception_serialization.unwrap_or_else(|| self.for_result())
    }
}

impl ErrorCode {
    /// Returns the number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::MailboxTerminated => 0,
            Self::PingCancelled => 1,
            Self::ActionInvalidState => 2,
            Self::ActionCancelled => 3,
            Self::InvalidClient => 4,
            Self::IncompatibleProtocol => 5,
            Self::Other(number) => number,
        }
    }
}

impl From<u16> for ErrorCode {
    fn from(number: u16) -> Self {
        match number {
            0 => Self::MailboxTerminated,
            1 => Self::PingCancelled,
            2 => Self::ActionInvalidState,
            3 => Self::ActionCancelled,
            4 => Self::InvalidClient,
            5 => Self::IncompatibleProtocol,
            other => Self::Other(other),
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self::from)
    }
}

/// A payload on the wire.
#[derive(Serialize, Deserialize)]
struct Written<R> {
    serialization: Serialization,
    result: R,
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = (SERIALIZED, &self.text);
        Written { serialization: self.serialization, result }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    /// A result without the mark is one that was never written: its JSON is the value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { serialization, result } = Written::<Json>::deserialize(deserializer)?;
        match result {
            Json::Array(mut parts) if parts.len() == 2 && parts[0] == SERIALIZED => {
                match parts.pop() {
                    Some(Json::String(text)) => Ok(Self { serialization, text }),
                    _ => Err(D::Error::custom("expected a text as the result")),
                }
            }
            other => Ok(Self { serialization: Serialization::Json, text: other.to_string() }),
        }
    }
}

/// No text at all stands for no arguments.
fn no_arguments() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: Json) -> Body {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn serializations_default_to_the_level_before() {
        let Body::ActionRequest(request) = read(json!({
            "action": "echo", "serialization": "json", "result_serialization": null,
            "exception_serialization": null, "pargs": "[1]", "kargs": "{}", "kind": "action-request"
        })) else {
            panic!("another body")
        };
        assert_eq!(request.for_exception(), Serialization::Json);
        let request =
            ActionRequest { result_serialization: Some(Serialization::Pickle), ..request };
        assert_eq!(request.for_exception(), Serialization::Pickle);
    }

    #[test]
    fn a_result_has_its_mark_and_comes_back() {
        let json = json!({
            "kind": "action-response", "serialization": "pickle", "result": ["__serialized__", "x"]
        });
        let body = read(json.clone());
        let payload = Payload { serialization: Serialization::Pickle, text: "x".into() };
        assert_eq!(body, Body::ActionResponse(payload));
        assert_eq!(serde_json::to_value(&body).unwrap(), json);
    }

    #[test]
    fn a_result_that_was_never_written_is_its_json() {
        let body = json!({"kind": "action-response", "serialization": "pickle", "result": [1, 2]});
        let payload = Payload { serialization: Serialization::Json, text: "[1,2]".into() };
        assert_eq!(read(body), Body::ActionResponse(payload));
    }

    #[test]
    fn codes_survive_and_later_ones_are_kept() {
        for number in 0..9 {
            let json =
                json!({"kind": "academy-error-response", "error_code": number, "mailbox_id": null});
            assert_eq!(serde_json::to_value(read(json.clone())).unwrap(), json);
        }
        assert_eq!(ErrorCode::from(7), ErrorCode::Other(7));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (json, part) in [
            (json!({"kind": "action-request", "action": "a"}), "serialization"),
            (json!({"kind": "cancel-request"}), "target_tag"),
            (json!({"kind": "nonsense"}), "nonsense"),
            (json!({"action": "a"}), "kind"),
        ] {
            let error = serde_json::from_value::<Body>(json).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
