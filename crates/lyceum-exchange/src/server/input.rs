//! What a request says: a JSON object in its body, also with GET and DELETE, or a query.

use axum::body::{Body, HttpBody};
use axum::extract::Query;
use axum::http::Request;
use axum::http::request::Parts;
use lyceum_wire::academy::EntityId;
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use crate::mailbox::MailboxId;
use crate::server::hub::Hub;
use crate::server::reply::Refusal;

/// Bytes of a body besides a message.
const FRAME: usize = 64 << 10;

/// All fields that any request has. Values are those of Academy: JSON within JSON.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Input {
    pub(crate) mailbox: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) message: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) timeout: Option<f64>,
    #[serde(default, deserialize_with = "flag")]
    pub(crate) allow_subclasses: Option<bool>,
    pub(crate) group_id: Option<String>,
    pub(crate) name: Option<String>,
    /// An attribute and its value, with `=` between them.
    pub(crate) attribute: Option<String>,
    /// Attributes of a mailbox that is registered.
    #[serde(default)]
    pub(crate) attributes: std::collections::BTreeMap<String, String>,
}

/// A number, or its text as queries have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose<T> {
    Value(T),
    Text(String),
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    loose(deserializer)
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    loose(deserializer)
}

fn loose<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + std::str::FromStr,
{
    let text = |text: String| {
        let wrong = || serde::de::Error::custom(format!("`{text}` is not what belongs here"));
        text.to_lowercase().parse().map_err(|_| wrong())
    };
    match Option::<Loose<T>>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Loose::Value(value)) => Ok(Some(value)),
        Some(Loose::Text(given)) => text(given).map(Some),
    }
}

impl Input {
    /// Reads a request, which may be so long and take so long.
    pub(crate) async fn read(hub: &Hub, request: Request<Body>) -> Result<(Parts, Self), Refusal> {
        let (parts, body) = request.into_parts();
        let message = hub.keeper.look(|mailboxes| mailboxes.limits().message);
        // Quotes within a message are doubled, and so are the backslashes before quotes in it.
        let limit = usize::try_from(message).unwrap_or(usize::MAX / 4) * 2 + FRAME;
        if body.size_hint().lower() > limit as u64 {
            return Err(Refusal::BodyTooLarge { limit });
        }
        let read = timeout(hub.settings.body, axum::body::to_bytes(body, limit)).await;
        let bytes = match read {
            Err(_) => return Err(Refusal::SlowBody),
            Ok(Err(_)) => return Err(Refusal::BodyTooLarge { limit }),
            Ok(Ok(bytes)) => bytes,
        };
        let input = if bytes.is_empty() {
            let query = Query::<Self>::try_from_uri(&parts.uri);
            query.map_err(|error| Refusal::Invalid(error.to_string()))?.0
        } else {
            serde_json::from_slice(&bytes).map_err(|error| Refusal::Invalid(error.to_string()))?
        };
        Ok((parts, input))
    }

    /// Returns the mailbox that is meant.
    pub(crate) fn mailbox(&self) -> Result<MailboxId, Refusal> {
        Ok(MailboxId::new(self.entity()?.uid))
    }

    /// Returns the same with what is known of who has it.
    pub(crate) fn entity(&self) -> Result<EntityId, Refusal> {
        let text = self.mailbox.as_ref().ok_or(Refusal::Missing("mailbox"))?;
        if let Ok(id) = text.parse::<MailboxId>() {
            return Ok(EntityId::agent(id.uuid(), None));
        }
        serde_json::from_str(text).map_err(|error| Refusal::Invalid(error.to_string()))
    }

    pub(crate) fn group(&self) -> Result<&str, Refusal> {
        self.group_id.as_deref().ok_or(Refusal::Missing("group_id"))
    }
}
