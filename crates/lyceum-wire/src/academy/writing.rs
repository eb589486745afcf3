//! Messages as they are written.
//!
//! By hand: that takes a fraction of the time that it takes to ask each part what it is and each
//! name for letters that cannot be in it. What is written is what `serde` writes, as tests see.

use std::fmt::{self, Write};

use uuid::Uuid;

use crate::academy::{ActionRequest, Body, EntityId, Header, Kind, Message, Payload};
use crate::academy::{Role, Serialization, Unread};
use crate::scan::plain_length;

/// Bytes of a message beside its texts.
const USUAL: usize = 640;

/// Bytes of a number in its usual form.
const UUID_BYTES: usize = 36;

impl Message {
    /// Writes the message.
    pub fn to_json(&self) -> String {
        let texts = match &self.body {
            Body::ActionRequest(request) => {
                request.action.len() + request.pargs.len() + request.kargs.len()
            }
            Body::ActionResponse(payload) => payload.text.len(),
            _ => 0,
        };
        // Room for quotes in the texts, too.
        let mut out = String::with_capacity(USUAL + texts + texts / 16);
        let written = begin(&self.header, &mut out).and_then(|()| body(&self.body, &mut out));
        written.expect("a string takes it");
        out.push('}');
        out
    }
}

impl Message<Unread> {
    /// Writes the message.
    pub fn to_json(&self) -> String {
        let body = self.body.get();
        let mut out = String::with_capacity(USUAL + body.len());
        begin(&self.header, &mut out).expect("a string takes it");
        out.push_str(body);
        out.push('}');
        out
    }
}

/// Writes all that stands before a body.
fn begin(header: &Header, out: &mut impl Write) -> fmt::Result {
    out.write_str(r#"{"header":{"src":"#)?;
    entity(&header.src, out)?;
    out.write_str(r#","dest":"#)?;
    entity(&header.dest, out)?;
    out.write_str(r#","tag":"#)?;
    uuid(header.tag, out)?;
    out.write_str(r#","label":"#)?;
    optional(header.label, uuid, out)?;
    out.write_str(match header.kind {
        Kind::Request => r#","kind":"request","protocol_version":"#,
        Kind::Response => r#","kind":"response","protocol_version":"#,
    })?;
    optional(header.protocol_version.as_deref(), text, out)?;
    out.write_str(r#","academy_version":"#)?;
    text(&header.academy_version, out)?;
    out.write_str(if header.durable { r#","durable":true},"body":"# } else { r#"},"body":"# })
}

/// Writes a body.
pub(super) fn body(body: &Body, out: &mut impl Write) -> fmt::Result {
    match body {
        Body::ActionRequest(request) => action_request(request, out),
        Body::ActionResponse(Payload { serialization, text: result }) => {
            out.write_str(r#"{"kind":"action-response","serialization":"#)?;
            serialization_of(*serialization, out)?;
            out.write_str(r#","result":["__serialized__","#)?;
            text(result, out)?;
            out.write_str("]}")
        }
        Body::PingRequest => out.write_str(r#"{"kind":"ping-request"}"#),
        Body::SuccessResponse => out.write_str(r#"{"kind":"success-response"}"#),
        // What comes seldom.
        other => out.write_str(&serde_json::to_string(other).expect("a body has a form in JSON")),
    }
}

fn action_request(request: &ActionRequest, out: &mut impl Write) -> fmt::Result {
    out.write_str(r#"{"kind":"action-request","action":"#)?;
    text(&request.action, out)?;
    out.write_str(r#","serialization":"#)?;
    serialization_of(request.serialization, out)?;
    out.write_str(r#","result_serialization":"#)?;
    optional(request.result_serialization, serialization_of, out)?;
    out.write_str(r#","exception_serialization":"#)?;
    optional(request.exception_serialization, serialization_of, out)?;
    out.write_str(r#","pargs":"#)?;
    text(&request.pargs, out)?;
    out.write_str(r#","kargs":"#)?;
    text(&request.kargs, out)?;
    if let Some(millis) = request.time_left_millis {
        write!(out, r#","lyceum_time_left_millis":{millis}"#)?;
    }
    out.write_char('}')
}

fn entity(id: &EntityId, out: &mut impl Write) -> fmt::Result {
    out.write_str(r#"{"uid":"#)?;
    uuid(id.uid, out)?;
    out.write_str(r#","name":"#)?;
    optional(id.name.as_deref(), text, out)?;
    out.write_str(match id.role {
        Role::Agent => r#","role":"agent"}"#,
        Role::User => r#","role":"user"}"#,
    })
}

fn optional<T, W: Write>(
    value: Option<T>,
    write: impl FnOnce(T, &mut W) -> fmt::Result,
    out: &mut W,
) -> fmt::Result {
    match value {
        Some(value) => write(value, out),
        None => out.write_str("null"),
    }
}

fn uuid(uuid: Uuid, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    out.write_str(uuid.hyphenated().encode_lower(&mut [0; UUID_BYTES]))?;
    out.write_char('"')
}

fn serialization_of(serialization: Serialization, out: &mut impl Write) -> fmt::Result {
    out.write_str(match serialization {
        Serialization::Pickle => r#""pickle""#,
        Serialization::Json => r#""json""#,
    })
}

/// Writes a text in quotes.
fn text(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    loop {
        let is_special = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
        let (plain, others) = rest.split_at(plain_length(rest.as_bytes(), is_special));
        out.write_str(plain)?;
        let Some(letter) = others.chars().next() else { break };
        match letter {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            control => write!(out, "\\u{:04x}", u32::from(control))?,
        }
        rest = &others[1..];
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const ODD: &str = "\u{0}\u{1f}\u{7f}\"\\/\n\t\u{e9}\u{1f600}\"pargs\":\"\"__serialized__\",\"";

    fn bodies(odd: &str) -> Vec<Body> {
        let bodies = json!([
            {"kind": "action-request", "action": odd, "serialization": "json", "pargs": odd,
             "kargs": odd, "result_serialization": "pickle", "exception_serialization": "json",
             "lyceum_time_left_millis": u64::MAX},
            {"kind": "action-request", "action": "a", "serialization": "pickle"},
            {"kind": "action-response", "serialization": "json",
             "result": ["__serialized__", odd]},
            {"kind": "user-error-response", "serialization": "json", "exception": odd},
            {"kind": "academy-error-response", "error_code": 3,
             "mailbox_id": {"uid": Uuid::from_u128(9), "name": odd, "role": "user"}},
            {"kind": "academy-error-response", "error_code": 77},
            {"kind": "cancel-request", "target_tag": Uuid::from_u128(8)},
            {"kind": "shutdown-request", "terminate": true},
            {"kind": "shutdown-request"},
            {"kind": "ping-request"},
            {"kind": "success-response"}
        ]);
        serde_json::from_value(bodies).unwrap()
    }

    fn headers(odd: &str) -> Vec<Header> {
        let named = EntityId::agent(Uuid::from_u128(u128::MAX - 5), Some(odd.into()));
        let user = EntityId::user(Uuid::nil(), None);
        let plain = Header::new(user, named, Uuid::from_u128(77), None, Kind::Request);
        let mut other = plain.answer(Body::SuccessResponse).header;
        other.label = Some(Uuid::from_u128(6));
        other.durable = true;
        other.protocol_version = None;
        other.academy_version = odd.to_owned().into();
        vec![plain, other]
    }

    #[test]
    fn what_is_written_is_what_serde_writes() {
        for odd in [ODD, &ODD.repeat(100), ""] {
            for header in headers(odd) {
                for body in bodies(odd) {
                    let message = Message { header: header.clone(), body };
                    let json = message.to_json();
                    let written: Json = serde_json::from_str(&json).unwrap();
                    assert_eq!(written, serde_json::to_value(&message).unwrap());

                    // In the same order, too, so that kinds come first.
                    let plain = serde_json::to_string(&message).unwrap();
                    let order = |text: &str| text.match_indices("\":").count();
                    assert_eq!(order(&json), order(&plain));
                    if odd.is_empty() {
                        assert_eq!(json, plain);
                    }

                    let unread = Message::read(json.as_bytes()).unwrap();
                    assert_eq!(unread.to_json(), json, "what is passed on stays as it is");
                    assert_eq!(unread.header, message.header);
                }
            }
        }
    }
}
