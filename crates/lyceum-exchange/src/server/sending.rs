//! Messages that come in.

use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use lyceum_wire::academy::link::{Packed, Post};
use lyceum_wire::academy::{Kind, Message, Uuid};
use serde::Deserialize;
use tokio::time::timeout;

use crate::mailbox::{
    Delivery, Failure, Journal, Letter, LetterKind, MailboxError, MailboxId, Mailboxes, MessageId,
    Place, Put, PutError, Sequence,
};
use crate::server::Principal;
use crate::server::access::Verb;
use crate::server::hub::Hub;
use crate::server::metrics::count;
use crate::server::reply::Refusal;
use crate::store::{Level, Ticket};

/// What is promised about a message, where it is not said by the server's settings.
pub(crate) const DELIVERY: &str = "lyceum-delivery";

/// After how many seconds a request is given up that nobody took.
pub(crate) const TIMEOUT: &str = "lyceum-timeout";

/// Which program of a mailbox sends this.
pub(crate) const GENERATION: &str = "lyceum-generation";

/// How often a put is tried again that found no space, when there is some by then.
const TRIES: usize = 3;

/// A message that was read.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) letter: Letter,
    /// The message in JSON, or packed.
    pub(crate) body: Bytes,
    /// The request that this is to cancel.
    pub(crate) cancels: Option<Uuid>,
    generation: Option<u64>,
}

/// What a node says of a message that it puts.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) generation: Option<u64>,
    pub(crate) durable: bool,
    pub(crate) time_left: Option<Duration>,
}

/// What matters in a body.
#[derive(Deserialize)]
struct Outline {
    kind: String,
    target_tag: Option<Uuid>,
}

impl Incoming {
    /// Reads a message, and what is asked for it.
    pub(crate) fn read(hub: &Hub, text: String, headers: &HeaderMap) -> Result<Self, Refusal> {
        let invalid = |error: &dyn std::fmt::Display| Refusal::Invalid(error.to_string());
        let message = Message::read(text.as_bytes());
        let message = message.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            Refusal::Invalid(format!("{error}: {}", cause.unwrap_or_default()))
        })?;
        let header = &message.header;
        let outline: Outline =
            serde_json::from_str(message.body.get()).map_err(|error| invalid(&error))?;
        let cancels = outline.target_tag.filter(|_| outline.kind == "cancel-request");
        let now = hub.clock.now();
        let seconds = header_value(headers, TIMEOUT)?;
        let expires = match seconds {
            None => None,
            Some(seconds) => {
                let time = Duration::try_from_secs_f64(seconds);
                Some(now.after(time.map_err(|error| invalid(&error))?))
            }
        };
        let letter = Letter {
            from: MailboxId::new(header.src.uid),
            to: MailboxId::new(header.dest.uid),
            tag: header.tag,
            label: header.label,
            kind: of_kind(header.kind),
            delivery: delivery(hub, headers)?,
            expires,
        };
        // In JSON, line ends only stand between values; in a stream of events they end a field.
        let text = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
        Ok(Self { letter, body: text.into(), cancels, generation: generation(headers)? })
    }

    /// Reads a packed message, which stays as it is.
    pub(crate) fn packed(hub: &Hub, body: Bytes, terms: &Terms) -> Result<Self, Refusal> {
        let packed = Packed::read(&body).map_err(|error| Refusal::Invalid(error.to_string()))?;
        let Post { from, to, tag, label, kind, .. } = packed.post;
        let cancels = packed.cancels();
        let delivery = if terms.durable { Delivery::Durable } else { hub.settings.delivery };
        let letter = Letter {
            from: MailboxId::new(from),
            to: MailboxId::new(to),
            tag,
            label,
            kind: of_kind(kind),
            delivery,
            expires: terms.time_left.map(|time| hub.clock.now().after(time)),
        };
        Ok(Self { letter, body, cancels, generation: terms.generation })
    }
}

fn of_kind(kind: Kind) -> LetterKind {
    match kind {
        Kind::Request => LetterKind::Request,
        Kind::Response => LetterKind::Response,
    }
}

fn delivery(hub: &Hub, headers: &HeaderMap) -> Result<Delivery, Refusal> {
    match headers.get(DELIVERY).map(axum::http::HeaderValue::as_bytes) {
        None => Ok(hub.settings.delivery),
        Some(b"tracked") => Ok(Delivery::Tracked),
        Some(b"durable") => Ok(Delivery::Durable),
        Some(_) => Err(Refusal::Invalid(format!("{DELIVERY} is neither tracked nor durable"))),
    }
}

pub(crate) fn generation(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    header_value(headers, GENERATION)
}

fn header_value<T: std::str::FromStr>(
    headers: &HeaderMap,
    name: &str,
) -> Result<Option<T>, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let value = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    value.map(Some).ok_or_else(|| Refusal::Invalid(format!("{name} cannot be read")))
}

impl Hub {
    /// Accepts a message: once it returns, the message is as safe as was promised.
    pub(crate) async fn send(
        &self,
        principal: &Principal,
        incoming: Incoming,
    ) -> Result<(), Refusal> {
        let wait = self.send_when_there_is_room(principal, &incoming);
        let (put, ticket) = match timeout(self.settings.room, wait).await {
            Ok(done) => done?,
            // Once more, for the reason.
            Err(_) => self.try_send(principal, &incoming)?,
        };
        match put {
            Put::Accepted(_) | Put::Repeated(_) => count(&self.metrics.accepted),
            Put::AnsweredBefore(answer, place) => {
                let ticket = self.answer_again(answer, place).await?;
                self.keeper.done(ticket).await?;
            }
            Put::Unmatched => {
                count(&self.metrics.unmatched);
                tracing::debug!(letter = ?incoming.letter, "an answer to what is over");
            }
        }
        Ok(self.keeper.done(ticket).await?)
    }

    /// Sends an answer that is remembered once more.
    pub(crate) async fn answer_again(
        &self,
        answer: Sequence,
        place: Place,
    ) -> Result<Ticket, Refusal> {
        let pin = self.keeper.pin();
        let body = self.keeper.body(place).await?;
        let again = |mailboxes: &mut Mailboxes, log: &mut dyn Journal| {
            mailboxes.answer_again(log, answer, &body)
        };
        let (again, ticket) = self.keeper.change(Level::Synced, again);
        again?;
        drop(pin);
        Ok(ticket)
    }

    async fn send_when_there_is_room(
        &self,
        principal: &Principal,
        incoming: &Incoming,
    ) -> Result<(Put, Ticket), Refusal> {
        let mut tries = 0;
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            match self.try_send(principal, incoming) {
                Err(PutError::Full { .. }) => room.await,
                Err(PutError::Mailbox(MailboxError::StorageFull)) if tries < TRIES => {
                    tries += 1;
                    if !self.keeper.space().await {
                        return Err(MailboxError::StorageFull.into());
                    }
                }
                done => return Ok(done?),
            }
        }
    }

    /// Accepts a message if there is room for it now.
    pub(crate) fn try_send(
        &self,
        principal: &Principal,
        incoming: &Incoming,
    ) -> Result<(Put, Ticket), PutError> {
        let Incoming { letter, body, cancels, generation } = incoming;
        let accept = |mailboxes: &mut Mailboxes, log: &mut dyn Journal| {
            // Who may read a mailbox may speak in its name, and nobody else.
            principal.check(Verb::Read, letter.from, mailboxes)?;
            if letter.kind == LetterKind::Request {
                principal.check(Verb::Write, letter.to, mailboxes)?;
            }
            let mut put = match *cancels {
                Some(tag) => mailboxes.put_cancel(log, (letter.clone(), tag), body, *generation)?,
                None => mailboxes.put(log, letter.clone(), body, *generation)?,
            };
            if put == Put::Unmatched && principal.may(Verb::Write, letter.to, mailboxes) {
                put = mailboxes.put_unasked(log, letter, body)?;
            }
            if let (Put::Accepted(sequence), Some(tag)) = (put, *cancels)
                && !mailboxes.is_outstanding(MessageId { sender: letter.from, tag })
            {
                mailboxes.refuse(log, sequence, Failure::NothingToCancel);
            }
            Ok::<_, PutError>(put)
        };
        let (put, ticket) = self.keeper.change_as(|mailboxes, log| {
            // An answer is as safe as its request was to be.
            let is_durable =
                letter.delivery == Delivery::Durable || mailboxes.is_durable(letter.request());
            let level = if is_durable { Level::Synced } else { Level::Written };
            (accept(mailboxes, log), level)
        });
        Ok((put?, ticket))
    }
}
