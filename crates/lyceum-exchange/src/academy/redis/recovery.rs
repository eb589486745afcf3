//! What a former holder of a mailbox left behind.

use std::sync::Arc;

use lyceum_wire::academy::{Body, EntityId, ErrorCode, Kind, Message, Serialization, Unread};
use redis::Value;

use super::receiving::{MEMORY_SECONDS, Taken};
use super::reply::texts;
use super::script::Script;
use super::{Client, dead};
use crate::academy::MailboxError;
use crate::academy::failure::Failure;

/// How often a durable request is handed out before it is given up.
const DELIVERY_LIMIT: u32 = 5;

/// A mailbox that was taken over.
pub(super) struct Found {
    pub(super) generation: u64,
    /// The number of the first message that is taken now.
    pub(super) next: u64,
    /// What is to be handed out again, before anything else.
    pub(super) left: Vec<Taken>,
    /// The places of what is over.
    pub(super) done: Vec<String>,
}

/// The place of what was taken: by which generation, which number it has, and how often it was
/// handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    generation: u64,
    number: u64,
    attempt: u32,
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let place = Self {
            generation: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
            attempt: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(place)
    }
}

/// Returns the number of what a generation took and handed out for the first time.
pub(super) fn number(place: &str, generation: u64) -> Option<u64> {
    let place = Place::read(place)?;
    (place.generation == generation && place.attempt == 1).then_some(place.number)
}

/// Returns how often what is at a place was handed out.
pub(super) fn attempt(place: &str) -> Option<u32> {
    Some(Place::read(place)?.attempt)
}

/// Takes a mailbox over. What a former holder took and did not answer is handed out again if it is
/// durable; whoever asked anything else is told that there is no answer.
pub(super) async fn hold(client: &Arc<Client>, id: &EntityId) -> Result<Found, MailboxError> {
    let keys = client.keys();
    let (uid, mut names) = (id.uid, vec![keys.status(id.uid)]);
    names.extend([keys.generation(uid), keys.taken(uid), keys.direct(uid)]);
    let arguments = vec![MEMORY_SECONDS.to_string().into_bytes()];
    let mut said = texts(client.run(Script::Hold, names, arguments).await?).into_iter();
    let generation = said.next().and_then(|number| number.parse().ok());
    let generation: u64 =
        generation.ok_or_else(|| MailboxError::Answer("no generation".to_owned()))?;
    let mut places: Vec<_> =
        said.filter_map(|former| Some((Place::read(&former)?, former))).collect();
    places.sort_unstable();
    let mut found = Found { generation, next: 1, left: Vec::new(), done: Vec::new() };
    for (place, former) in places {
        let next = format!("{generation}:{}:{}", found.next, place.attempt.saturating_add(1));
        found.next += 1;
        let Some(message) = adopt(client, id, generation, &former, &next).await? else { continue };
        let Ok(read) = Message::read(&message) else {
            found.done.push(next);
            continue;
        };
        if read.header.kind == Kind::Response {
            found.done.push(next);
        } else if read.header.durable && place.attempt < DELIVERY_LIMIT {
            found.left.push(Taken { place: Some(next), message });
        } else {
            give_up(client, id, generation, next, read, &message, place.attempt).await?;
        }
    }
    Ok(found)
}

/// Takes one message over; `None` if it is gone.
async fn adopt(
    client: &Arc<Client>,
    id: &EntityId,
    generation: u64,
    former: &str,
    next: &str,
) -> Result<Option<Vec<u8>>, MailboxError> {
    let keys = vec![client.keys().generation(id.uid), client.keys().taken(id.uid)];
    let generation = generation.to_string();
    let arguments = [generation.as_str(), former, next].map(|text| text.as_bytes().to_vec());
    match client.run(Script::Adopt, keys, arguments.to_vec()).await? {
        Value::BulkString(message) => Ok(Some(message)),
        _ => Ok(None),
    }
}

/// Tells whoever asked that there will be no answer; what was durable becomes a dead letter.
async fn give_up(
    client: &Arc<Client>,
    id: &EntityId,
    generation: u64,
    place: String,
    request: Message<Unread>,
    message: &[u8],
    attempts: u32,
) -> Result<(), MailboxError> {
    let keys = client.keys();
    if request.header.durable {
        dead::bury(client, message, attempts).await?;
    }
    let header = request.header.clone();
    let (from, to) = (header.src.uid, header.dest.uid);
    let answer = header.answer(failure(id, request, attempts)).to_json();
    let names = vec![
        keys.status(from),
        keys.queue(from),
        keys.request(to, header.tag),
        keys.completions(to),
        keys.generation(to),
        keys.taken(to),
        keys.stored(to, header.tag),
    ];
    let asked = if keys.notes_requests() { "1" } else { "0" };
    let generation = generation.to_string();
    let memory = MEMORY_SECONDS.to_string();
    let arguments = [answer.as_str(), &generation, &place, asked, "0", &memory];
    let arguments = arguments.map(|text| text.as_bytes().to_vec()).to_vec();
    match client.run(Script::Answer, names, arguments).await {
        // Whoever asked may be gone, too.
        Ok(_) | Err(MailboxError::Unknown | MailboxError::Terminated) => Ok(()),
        Err(error) => Err(error),
    }
}

fn failure(id: &EntityId, request: Message<Unread>, attempts: u32) -> Body {
    let text = if request.header.durable {
        format!(
            "{id} was given the request {attempts} times and never answered; it is a dead letter \
             now"
        )
    } else {
        format!(
            "the program of {id} has ended or was replaced before it answered; the request may \
             have run in part"
        )
    };
    match request.body() {
        Ok(Body::ActionRequest(action)) => Failure::down(text).body(action.for_exception()),
        Ok(Body::PingRequest) => {
            Body::AcademyErrorResponse { error_code: ErrorCode::PingCancelled, mailbox_id: None }
        }
        Ok(Body::CancelRequest { .. }) => Body::AcademyErrorResponse {
            error_code: ErrorCode::ActionInvalidState,
            mailbox_id: None,
        },
        // Its program has ended, as it was asked to.
        Ok(Body::ShutdownRequest { .. }) => Body::SuccessResponse,
        _ => Failure::down(text).body(Serialization::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_in_which_messages_were_taken() {
        let read = |text| Place::read(text);
        assert!(read("9:20:1") < read("10:3:1"));
        assert!(read("10:03:2") < read("10:4:1"));
        for text in ["", "1", "1:2", "1:2:3:4", "a:1:1", "1:-1:1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
