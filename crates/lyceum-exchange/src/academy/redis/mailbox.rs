//! One mailbox at a Redis.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::academy::{EntityId, Header, Kind, Message, Role, Uuid};
use redis::Value;

use super::dispatch::at_once;
use super::receiving::{Holding, MEMORY_SECONDS, Receiving};
use super::reply::{text, texts};
use super::script::Script;
use super::{Client, Keys, discovery};
use crate::academy::mailbox::{Asked, Attributes};
use crate::academy::{Delivered, Mailbox, MailboxError, MailboxStats, Promise};

/// How long a request is known that nobody answered.
const REQUEST_SECONDS: u64 = 7 * 24 * 3600;

/// How long the answer to a durable request is known.
const STORED_SECONDS: u64 = 24 * 3600;

/// How long it is known that a mailbox is gone for good.
const GRAVESTONE_SECONDS: u64 = 30 * 24 * 3600;

/// How long a user's mailbox exists without a sign of life.
const USER_SECONDS: u64 = 24 * 3600;

/// One mailbox at a Redis.
#[derive(Debug)]
pub(crate) struct RedisMailbox {
    client: Arc<Client>,
    id: EntityId,
    holding: Arc<Holding>,
    receiving: Arc<tokio::sync::Mutex<Receiving>>,
}

/// What passed through a mailbox without the Redis, since that was told last.
#[cfg(feature = "hybrid")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// Requests that were answered.
    pub(crate) answered: u64,
    /// Requests that were sent.
    pub(crate) sent: u64,
    /// Requests that are not answered, by now.
    pub(crate) open: u64,
}

impl RedisMailbox {
    pub(crate) fn new(client: Arc<Client>, id: EntityId) -> Self {
        let holding = Arc::new(Holding::default());
        let receiving = Receiving::new(client.clone(), id.clone(), holding.clone());
        Self { client, id, holding, receiving: Arc::new(receiving.into()) }
    }

    fn keys(&self) -> &Keys {
        self.client.keys()
    }

    /// Counts what passed through this mailbox without the Redis.
    #[cfg(feature = "hybrid")]
    pub(crate) fn tally(&self, passed: Passed) -> Asked<()> {
        let (keys, uid) = (self.keys(), self.id.uid);
        let names =
            vec![keys.generation(uid), keys.completions(uid), keys.outgoing(uid), keys.direct(uid)];
        let Passed { answered, sent, open } = passed;
        let numbers = [answered, sent, open, MEMORY_SECONDS].map(number);
        let arguments = [self.holding.generation()].into_iter().chain(numbers).collect();
        done(self.client.run(Script::Tally, names, arguments))
    }

    /// Returns whether a request was taken out of the Redis and is not answered.
    #[cfg(feature = "hybrid")]
    pub(crate) fn has_taken(&self, tag: Uuid) -> bool {
        self.holding.has_taken(tag)
    }

    /// Puts an answer; it goes before this returns.
    fn answer(&self, message: &Message, json: String) -> Asked<()> {
        let Header { src, dest, tag, durable, .. } = &message.header;
        let keys = self.keys();
        let names = vec![
            keys.status(dest.uid),
            keys.queue(dest.uid),
            keys.request(src.uid, *tag),
            keys.completions(src.uid),
            keys.generation(src.uid),
            keys.taken(src.uid),
            keys.stored(src.uid, *tag),
        ];
        let is_noted = keys.notes_requests() || *durable;
        let place = self.holding.answered(*tag);
        let stored = if *durable { STORED_SECONDS } else { 0 };
        let arguments = vec![
            json.into_bytes(),
            self.holding.generation(),
            place,
            flag(is_noted),
            number(stored),
            number(MEMORY_SECONDS),
        ];
        // Where requests are noted, the second time does nothing.
        done(if is_noted {
            self.client.insist_on(Script::Answer, names, arguments)
        } else {
            self.client.run(Script::Answer, names, arguments)
        })
    }
}

/// Puts a request in the name of a generation, if there is one; it goes before this returns.
pub(super) fn ask(
    client: &Arc<Client>,
    header: &Header,
    json: String,
    generation: Vec<u8>,
) -> Asked<()> {
    let Header { src, dest, tag, durable, .. } = header;
    let keys = client.keys();
    let names = vec![
        keys.status(dest.uid),
        keys.queue(dest.uid),
        keys.request(dest.uid, *tag),
        keys.outgoing(src.uid),
        keys.generation(src.uid),
        keys.stored(dest.uid, *tag),
        keys.queue(src.uid),
    ];
    let header = serde_json::to_vec(header).expect("a header has a form in JSON");
    let arguments = vec![
        header,
        json.into_bytes(),
        number(client.options().queue as u64),
        number(REQUEST_SECONDS),
        generation,
        flag(*durable),
        number(MEMORY_SECONDS),
    ];
    if *durable {
        client.check_disk();
        done(client.insist_on(Script::Ask, names, arguments))
    } else {
        done(client.run(Script::Ask, names, arguments))
    }
}

fn number(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn flag(is_set: bool) -> Vec<u8> {
    number(u64::from(is_set))
}

fn done(order: Asked<Value>) -> Asked<()> {
    async move { order.await.map(|_| ()) }.boxed()
}

/// Fails every request that waits at a mailbox that was terminated.
async fn fail_all(
    client: Arc<Client>,
    id: EntityId,
    requests: Vec<String>,
) -> Result<(), MailboxError> {
    use lyceum_wire::academy::{Body, ErrorCode};
    let headers = client.values(&requests).await?;
    let headers = headers.iter().flatten();
    let headers = headers.filter_map(|json| serde_json::from_str::<Header>(json).ok());
    let mailbox = RedisMailbox::new(client.clone(), id.clone());
    let answers: Vec<_> = headers
        .map(|header| {
            let body = Body::AcademyErrorResponse {
                error_code: ErrorCode::MailboxTerminated,
                mailbox_id: Some(id.clone()),
            };
            let answer = header.answer(body);
            mailbox.answer(&answer, answer.to_json())
        })
        .collect();
    for told in futures_util::future::join_all(answers).await {
        match told {
            // Whoever asked is gone, too.
            Ok(()) | Err(MailboxError::Unknown | MailboxError::Terminated) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn terminate(
    client: Arc<Client>,
    id: EntityId,
    generation: Vec<u8>,
) -> Result<(), MailboxError> {
    let (keys, uid) = (client.keys(), id.uid);
    let names = vec![
        keys.status(uid),
        keys.queue(uid),
        keys.agent(uid),
        keys.generation(uid),
        keys.taken(uid),
        keys.found(uid),
        keys.called(uid),
        keys.direct(uid),
    ];
    let arguments = vec![
        uid.to_string().into_bytes(),
        keys.classes().into_bytes(),
        generation,
        number(GRAVESTONE_SECONDS),
    ];
    let said = match client.insist_on(Script::Terminate, names, arguments).await {
        Err(MailboxError::Unknown) => return Ok(()),
        said => texts(said?),
    };
    let mut said = said.into_iter();
    let was_never_ours = said.next().as_deref() == Some("1");
    let tags = said.filter_map(|tag| tag.parse::<Uuid>().ok());
    let mut requests: Vec<String> = tags.map(|tag| keys.request(uid, tag)).collect();
    if was_never_ours && id.role == Role::Agent {
        // What Python took is noted nowhere else.
        requests.extend(client.scan(&keys.requests(uid)).await?);
        requests.sort_unstable();
        requests.dedup();
    }
    fail_all(client, id, requests).await
}

impl Mailbox for RedisMailbox {
    fn id(&self) -> &EntityId {
        &self.id
    }

    fn open(&self, id: EntityId) -> Arc<dyn Mailbox> {
        Arc::new(Self::new(self.client.clone(), id))
    }

    fn keeps_order(&self) -> bool {
        true
    }

    fn keeps_messages(&self) -> bool {
        true
    }

    fn keeps_untaken(&self) -> bool {
        true
    }

    fn register(&self, id: &EntityId, ancestors: Option<&[String]>) -> Asked<()> {
        self.register_with(id, ancestors, &Attributes::new())
    }

    fn register_with(
        &self,
        id: &EntityId,
        ancestors: Option<&[String]>,
        attributes: &Attributes,
    ) -> Asked<()> {
        let keys = self.keys();
        let (name, uid) = (id.name.as_deref(), id.uid);
        let names = vec![keys.status(uid), keys.agent(uid), keys.found(uid), keys.called(uid)];
        let lives = if id.role == Role::User { USER_SECONDS } else { 0 };
        let mut arguments = vec![
            ancestors.unwrap_or_default().join(",").into_bytes(),
            uid.to_string().into_bytes(),
            keys.classes().into_bytes(),
            number(lives),
            name.unwrap_or_default().as_bytes().to_vec(),
        ];
        let attributes = attributes.iter().map(|(name, value)| keys.attribute(name, value));
        let sets = name.map(|name| keys.named(name)).into_iter().chain(attributes);
        arguments.extend(sets.map(String::into_bytes));
        done(self.client.insist_on(Script::Register, names, arguments))
    }

    fn send(&self, message: &Message, promise: Promise) -> Asked<()> {
        let mut message = message.clone();
        message.header.durable |= promise.durable;
        let json = message.to_json();
        let limit = self.client.options().message;
        if json.len() > limit {
            let text = format!("{} bytes, where at most {limit} are taken", json.len());
            return at_once(Err(MailboxError::TooLarge(text)));
        }
        match message.header.kind {
            Kind::Request => ask(&self.client, &message.header, json, self.holding.generation()),
            Kind::Response => self.answer(&message, json),
        }
    }

    fn receive(&self) -> BoxFuture<'_, Result<Delivered, MailboxError>> {
        async { self.receiving.lock().await.next().await }.boxed()
    }

    fn close(&self) -> Asked<()> {
        let (receiving, holding) = (self.receiving.clone(), self.holding.clone());
        let (client, uid) = (self.client.clone(), self.id.uid);
        async move {
            receiving.lock().await.close();
            let generation = holding.generation();
            if generation.is_empty() {
                return Ok(());
            }
            let keys = client.keys();
            let names = vec![keys.generation(uid), keys.taken(uid), keys.queue(uid)];
            let places = holding.handed_out().into_iter().map(String::into_bytes);
            let arguments = std::iter::once(generation).chain(places).collect();
            let left = client.run(Script::Leave, names, arguments).await;
            holding.forget();
            left.map(|_| ())
        }
        .boxed()
    }

    fn discover(&self, class: &str, with_descendants: bool) -> Asked<Vec<EntityId>> {
        discovery::discover(self.client.clone(), class.to_owned(), with_descendants).boxed()
    }

    fn named(&self, name: &str) -> Asked<Vec<EntityId>> {
        discovery::members(self.client.clone(), self.keys().named(name)).boxed()
    }

    fn with_attribute(&self, name: &str, value: &str) -> Asked<Vec<EntityId>> {
        discovery::members(self.client.clone(), self.keys().attribute(name, value)).boxed()
    }

    fn terminate(&self, id: &EntityId) -> Asked<()> {
        let is_own = *id == self.id;
        let generation = if is_own { self.holding.generation() } else { Vec::new() };
        terminate(self.client.clone(), id.clone(), generation).boxed()
    }

    fn heartbeat(&self) -> Asked<()> {
        let (keys, uid) = (self.keys(), self.id.uid);
        let names = vec![
            keys.status(uid),
            keys.heartbeat(uid),
            keys.generation(uid),
            keys.taken(uid),
            keys.queue(uid),
            keys.completions(uid),
            keys.outgoing(uid),
        ];
        let lives = if self.id.role == Role::User { USER_SECONDS } else { 0 };
        let arguments = vec![self.holding.generation(), number(lives), number(MEMORY_SECONDS)];
        done(self.client.insist_on(Script::Beat, names, arguments))
    }

    fn last_heartbeat(&self, id: &EntityId) -> Asked<Option<Duration>> {
        let names = vec![self.keys().status(id.uid), self.keys().heartbeat(id.uid)];
        let asked = self.client.insist_on(Script::Beaten, names, Vec::new());
        async move {
            let seconds = match asked.await? {
                Value::Array(parts) => parts.first().and_then(text),
                _ => None,
            };
            let seconds = seconds.and_then(|seconds| seconds.parse::<f64>().ok());
            // A clock that was set back says less than nothing.
            Ok(seconds
                .map(|ago| Duration::try_from_secs_f64(ago.max(0.0)).unwrap_or(Duration::MAX)))
        }
        .boxed()
    }

    fn stats(&self, id: &EntityId) -> Asked<MailboxStats> {
        stats(self.client.clone(), id.uid).boxed()
    }
}

async fn stats(client: Arc<Client>, uid: Uuid) -> Result<MailboxStats, MailboxError> {
    let keys = client.keys();
    let names = vec![
        keys.status(uid),
        keys.queue(uid),
        keys.generation(uid),
        keys.taken(uid),
        keys.completions(uid),
        keys.outgoing(uid),
        keys.direct(uid),
    ];
    let said = client.insist_on(Script::Count, names, Vec::new()).await?;
    let strange = || MailboxError::Answer("something else than numbers".to_owned());
    let Value::Array(numbers) = said else { return Err(strange()) };
    let [Value::Int(queued), Value::Int(taken), Value::Int(completed), Value::Int(outgoing)] =
        numbers[..]
    else {
        return Err(strange());
    };
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let (queued, completed, outgoing) = (count(queued), count(completed), count(outgoing));
    let in_progress = match u64::try_from(taken) {
        Ok(taken) => taken,
        // Python notes no more than that there is a request.
        Err(_) => {
            let requests = client.scan(&keys.requests(uid)).await?.len() as u64;
            requests.saturating_sub(queued)
        }
    };
    let incoming = completed + queued + in_progress;
    Ok(MailboxStats { incoming, outgoing, completed, in_progress, queued })
}
