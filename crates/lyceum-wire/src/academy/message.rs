//! Messages: a header and a body.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use crate::academy::version::{self, ACADEMY_VERSION};
use crate::academy::{Body, EntityId, PROTOCOL_VERSION, is_compatible};

/// The version of Academy that spoke this protocol before headers said so.
const FIRST_VERSION: &str = "0.5.0";

/// One message between two mailboxes.
///
/// Whoever only passes messages on takes them as `Message<Unread>`, and keeps the body as it came.
///
/// ```
/// use lyceum_wire::academy::{Body, EntityId, Message, Uuid};
///
/// let (user, agent) = (EntityId::user(Uuid::nil(), None), EntityId::agent(Uuid::nil(), None));
/// let ping = Message::request(user, agent, Uuid::nil(), Body::PingRequest);
/// let read = Message::read(ping.to_json().as_bytes())?;
/// assert_eq!(read.clone().body()?, Body::PingRequest);
/// let answer = read.answer(Body::SuccessResponse);
/// assert_eq!((answer.header.src, answer.header.tag), (read.header.dest, read.header.tag));
/// # Ok::<(), lyceum_wire::academy::MessageError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<B = Body> {
    /// Who sends what to whom.
    pub header: Header,
    /// What is said.
    pub body: B,
}

/// A body that nobody has read yet.
pub type Unread = Box<RawValue>;

/// Who sends what to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The mailbox of the sender.
    pub src: EntityId,
    /// The mailbox that it is for.
    pub dest: EntityId,
    /// Tells a request from others; its answer has the same.
    pub tag: Uuid,
    /// Tells the sender's handles apart; its answer has the same, or is thrown away.
    #[serde(default)]
    pub label: Option<Uuid>,
    /// Whether this asks or answers.
    pub kind: Kind,
    /// The version of the protocol; see [`is_compatible`].
    #[serde(default = "own_version", deserialize_with = "version::read_some")]
    pub protocol_version: Option<Cow<'static, str>>,
    /// The version of Academy.
    #[serde(default = "first_version", deserialize_with = "version::read")]
    pub academy_version: Cow<'static, str>,
    /// Whether the request is delivered again until it is answered, where the mailbox is one that
    /// this project holds. Academy does not know it, and leaves it out of its answers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub durable: bool,
}

/// Whether a message asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It wants an answer.
    Request,
    /// It is the answer to a request.
    Response,
}

/// Says why bytes are no message that this side can read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// They are no message at all: there is no header.
    #[error("cannot read a message")]
    Message(#[source] serde_json::Error),
    /// The sender speaks another version.
    #[error("cannot read a message of protocol version {}: expected {PROTOCOL_VERSION}",
        .0.as_deref().unwrap_or("none"))]
    Version(Option<String>),
    /// The body is none that this version has.
    #[error("cannot read the body of a message")]
    Body(#[source] serde_json::Error),
    /// The header says that it asks, and the body answers, or the other way round.
    #[error("cannot read a message whose header and body differ in kind")]
    Kind,
}

impl Message<Unread> {
    /// Reads the header, and leaves the body for later.
    ///
    /// # Errors
    ///
    /// [`MessageError::Message`].
    pub fn read(json: &[u8]) -> Result<Self, MessageError> {
        // Looked at as a whole, it need not be looked at text by text.
        let read = match std::str::from_utf8(json) {
            Ok(json) => serde_json::from_str(json),
            Err(_) => serde_json::from_slice(json),
        };
        read.map_err(MessageError::Message)
    }

    /// Reads the body.
    ///
    /// # Errors
    ///
    /// Says why this side cannot read it. A request can be answered all the same, by its header.
    pub fn body(self) -> Result<Body, MessageError> {
        if !is_compatible(self.header.protocol_version.as_deref()) {
            let version = self.header.protocol_version;
            return Err(MessageError::Version(version.map(Cow::into_owned)));
        }
        let body: Body = serde_json::from_str(self.body.get()).map_err(MessageError::Body)?;
        if body.kind() != self.header.kind {
            return Err(MessageError::Kind);
        }
        Ok(body)
    }
}

impl Message {
    /// Makes a message that is no answer.
    pub fn request(src: EntityId, dest: EntityId, tag: Uuid, body: Body) -> Self {
        let header = Header::new(src, dest, tag, None, body.kind());
        Self { header, body }
    }
}

impl<B> Message<B> {
    /// Makes the answer to this request.
    pub fn answer(&self, body: Body) -> Message {
        self.header.answer(body)
    }
}

impl Header {
    /// Makes the header of a message of this version.
    pub fn new(src: EntityId, dest: EntityId, tag: Uuid, label: Option<Uuid>, kind: Kind) -> Self {
        let (protocol_version, academy_version) = (own_version(), ACADEMY_VERSION.into());
        let durable = false;
        Self { src, dest, tag, label, kind, protocol_version, academy_version, durable }
    }

    /// Makes the answer to the request of this header.
    pub fn answer(&self, body: Body) -> Message {
        let (src, dest) = (self.dest.clone(), self.src.clone());
        let header = Self::new(src, dest, self.tag, self.label, Kind::Response);
        let header = Self { durable: self.durable, ..header };
        Message { header, body }
    }
}

// The field is optional on the wire.
fn own_version() -> Option<Cow<'static, str>> {
    Some(PROTOCOL_VERSION.into())
}

// What serde asks passes a reference.
fn is_false(flag: &bool) -> bool {
    !flag
}

fn first_version() -> Cow<'static, str> {
    FIRST_VERSION.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn header(version: &Json) -> Json {
        let id = json!({"uid": Uuid::nil(), "name": null, "role": "agent"});
        json!({
            "src": id, "dest": id, "tag": Uuid::nil(), "kind": "request", "later": [1],
            "protocol_version": version
        })
    }

    fn read(version: &Json, body: &Json) -> Message<Unread> {
        let json = json!({"header": header(version), "body": body, "more": true});
        Message::read(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_header_is_read_whatever_the_body_and_the_version() {
        let message = read(&json!("2.0"), &json!({"kind": "of version two"}));
        assert_eq!(message.header.academy_version, "0.5.0");
        let answer = message.answer(Body::SuccessResponse);
        assert_eq!(answer.header.protocol_version.as_deref(), Some("1.1"));
        let error = message.body().unwrap_err();
        assert!(matches!(error, MessageError::Version(Some(_))), "{error}");
        let error = read(&Json::Null, &json!({"kind": "ping-request"})).body().unwrap_err();
        assert!(matches!(error, MessageError::Version(None)), "{error}");
    }

    #[test]
    fn a_body_that_does_not_fit_its_header_is_refused() {
        let error = read(&json!("1.1"), &json!({"kind": "success-response"})).body().unwrap_err();
        assert!(matches!(error, MessageError::Kind), "{error}");
    }

    #[test]
    fn a_body_that_is_passed_on_stays_as_it_is() {
        let text = r#"{ "kind":"ping-request",  "n":1e2 }"#;
        let json = format!(r#"{{"header":{},"body":{text}}}"#, header(&json!("1.1")));
        let message = Message::read(json.as_bytes()).unwrap();
        assert!(
            message.to_json().ends_with(&format!(r#""body":{text}}}"#)),
            "{}",
            message.to_json()
        );
    }

    #[test]
    fn truncated_json_is_no_message_wherever_it_ends() {
        let json = read(&json!("1.1"), &json!({"kind": "ping-request"})).to_json();
        for end in 0..json.len() {
            assert!(Message::read(&json.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
