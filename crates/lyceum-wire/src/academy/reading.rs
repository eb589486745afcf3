//! Bodies as they are read.
//!
//! Whoever names its kind first, as Lyceum does, is read in one go. Academy names it last, so that
//! the parts are kept until it is known.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::academy::{ActionRequest, Body, EntityId, ErrorCode, Payload, Serialization};

/// The name of the part that says what the others are.
const KIND: &str = "kind";

/// What a body is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    ActionRequest,
    PingRequest,
    CancelRequest,
    ShutdownRequest,
    ActionResponse,
    UserErrorResponse,
    AcademyErrorResponse,
    SuccessResponse,
}

#[derive(Deserialize)]
struct Cancel {
    target_tag: Uuid,
}

#[derive(Deserialize)]
struct Shutdown {
    #[serde(default)]
    terminate: Option<bool>,
}

#[derive(Deserialize)]
struct UserError {
    serialization: Serialization,
    exception: String,
}

#[derive(Deserialize)]
struct AcademyError {
    error_code: ErrorCode,
    #[serde(default)]
    mailbox_id: Option<EntityId>,
}

impl Kind {
    /// Reads what stands beside the kind.
    fn body<'de, D: Deserializer<'de>>(self, parts: D) -> Result<Body, D::Error> {
        Ok(match self {
            Self::ActionRequest => Body::ActionRequest(ActionRequest::deserialize(parts)?),
            Self::ActionResponse => Body::ActionResponse(Payload::deserialize(parts)?),
            Self::CancelRequest => {
                let Cancel { target_tag } = Cancel::deserialize(parts)?;
                Body::CancelRequest { target_tag }
            }
            Self::ShutdownRequest => {
                let Shutdown { terminate } = Shutdown::deserialize(parts)?;
                Body::ShutdownRequest { terminate }
            }
            Self::UserErrorResponse => {
                let UserError { serialization, exception } = UserError::deserialize(parts)?;
                Body::UserErrorResponse { serialization, exception }
            }
            Self::AcademyErrorResponse => {
                let AcademyError { error_code, mailbox_id } = AcademyError::deserialize(parts)?;
                Body::AcademyErrorResponse { error_code, mailbox_id }
            }
            Self::PingRequest => {
                IgnoredAny::deserialize(parts)?;
                Body::PingRequest
            }
            Self::SuccessResponse => {
                IgnoredAny::deserialize(parts)?;
                Body::SuccessResponse
            }
        })
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body of a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let Some(first) = map.next_key::<Name>()? else {
            return Err(A::Error::missing_field(KIND));
        };
        let Name::Other(name) = first else {
            let kind: Kind = map.next_value()?;
            return kind.body(MapAccessDeserializer::new(map));
        };
        let mut parts = Map::new();
        parts.insert(name, map.next_value()?);
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            parts.insert(name, value);
        }
        let kind = parts.remove(KIND).ok_or_else(|| A::Error::missing_field(KIND))?;
        let kind = Kind::deserialize(kind).map_err(A::Error::custom)?;
        kind.body(Json::Object(parts)).map_err(A::Error::custom)
    }
}

/// The name of the first part.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Name {
    Kind,
    Other(String),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn body_is_the_same_wherever_its_kind_stands() {
        let tag = Uuid::from_u128(7);
        let bodies = [
            Body::PingRequest,
            Body::SuccessResponse,
            Body::CancelRequest { target_tag: tag },
            Body::ShutdownRequest { terminate: Some(true) },
            Body::ShutdownRequest { terminate: None },
            Body::ActionResponse(Payload {
                serialization: Serialization::Pickle,
                text: "gAR\u{e9}\"".into(),
            }),
            Body::UserErrorResponse { serialization: Serialization::Json, exception: "{}".into() },
            Body::AcademyErrorResponse {
                error_code: ErrorCode::ActionCancelled,
                mailbox_id: Some(EntityId::agent(tag, Some("a".into()))),
            },
            serde_json::from_value(json!({
                "kind": "action-request", "action": "a", "serialization": "json", "pargs": "[1]"
            }))
            .unwrap(),
        ];
        for body in bodies {
            let first = serde_json::to_string(&body).unwrap();
            assert!(first.starts_with(r#"{"kind":""#), "{first}");
            let mut parts: Map<String, Json> = serde_json::from_str(&first).unwrap();
            let kind = parts.remove(KIND).unwrap();
            parts.insert("later".into(), json!([{"of": "version two"}]));
            let rest = serde_json::to_string(&parts).unwrap();
            let last = format!(r#"{},"kind":{kind}}}"#, rest.strip_suffix('}').unwrap());

            assert_eq!(serde_json::from_str::<Body>(&first).unwrap(), body, "{first}");
            assert_eq!(serde_json::from_str::<Body>(&last).unwrap(), body, "{last}");
        }
    }

    #[test]
    fn what_is_no_body_is_refused_wherever_it_ends() {
        let whole =
            r#"{"kind":"cancel-request","target_tag":"00112233-4455-6677-8899-aabbccddeeff"}"#;
        assert!(serde_json::from_str::<Body>(whole).is_ok());
        for end in 0..whole.len() {
            assert!(serde_json::from_str::<Body>(&whole[..end]).is_err(), "{end}");
        }
        for text in ["[]", "7", r#""ping-request""#, "{}", r#"{"kind":7}"#, r#"{"action":"a"}"#] {
            assert!(serde_json::from_str::<Body>(text).is_err(), "{text}");
        }
    }
}
