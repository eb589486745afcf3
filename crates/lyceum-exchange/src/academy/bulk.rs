//! Bulk: bodies that are larger than a message may be.
//!
//! The depot of the exchange takes them, and a message refers to them. Only who says that he takes
//! references is answered by one. A request goes by reference where it would be refused otherwise:
//! whoever does not know the action that it seems to be for says so. References name no server, so
//! that nobody is made to ask another one than his own.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use lyceum_wire::academy::pickle::Exception;
use lyceum_wire::academy::{
    ActionRequest, Body, Header, Kind, Limits, Message, Serialization, Unread, Uuid, payload,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::http::Client;
use super::requests::raised;
use super::{Mailbox, MailboxError, Promise};

/// How long to wait before a durable body is asked for once more, each time.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Says of a request that its answer may come by reference.
pub(super) const TAKES_REFERENCES: Uuid =
    Uuid::from_u128(0x7c1d_7f0e_6a5b_4d0a_9a5e_2f6c_3b8d_9e01);

/// The action that a request by reference seems to be for.
const ACTION: &str = "lyceum.by_reference";

/// The exception that an answer by reference seems to be.
const EXCEPTION: &str = "lyceum.ByReference";

/// How many bytes a body may have that goes by reference.
const BODY_LIMIT: u64 = 256 << 20;

/// How many bytes a message has that refers to a body.
const REFERENCE_LIMIT: usize = 1024;

/// Bytes of a message beside arguments, at most, unless its names are long.
const MARGIN: u64 = 1024;

/// Bodies of a node that are on their way at a time: they are in memory meanwhile.
const AT_ONCE: usize = 4;

/// Kibibytes of the requests by reference that a node serves at a time. More are refused.
const ROOM: u32 = 512 << 10;

/// How long a body is kept at least, and how long if nobody says how long he waits.
const KEPT: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(600));

/// Where bodies go that are larger than a message may be.
pub(super) struct Bulk {
    client: Client,
    under_way: Semaphore,
    room: Arc<Semaphore>,
}

/// The room that a request takes until it is answered.
pub(super) type Room = OwnedSemaphorePermit;

/// What a message says instead of a body.
#[derive(Serialize, Deserialize)]
struct Reference {
    blob: Uuid,
    size: u64,
    /// The BLAKE3 digest of the body, in hexadecimal digits.
    digest: String,
    /// Whether the body is kept until the request is answered, as the request itself is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    durable: bool,
}

/// What a request by reference holds until it is answered.
pub(super) struct Fetched {
    /// The room that it takes.
    pub(super) room: Room,
    /// What is to be freed when it was answered.
    pub(super) kept: Option<Kept>,
}

/// A body that stays at the exchange until its request was answered: another program may get it.
pub(super) struct Kept {
    bulk: Arc<Bulk>,
    reference: Reference,
}

impl Kept {
    /// Frees the body: its request was answered.
    pub(super) async fn free(self) {
        self.bulk.free(&self.reference).await;
    }
}

/// Returns the limits of arguments and results: their bytes were counted before they came here.
pub(super) fn limits() -> Limits {
    Limits { payload: usize::try_from(BODY_LIMIT).unwrap_or(usize::MAX), ..Limits::default() }
}

/// Returns whether a message with that body may have more bytes than are allowed.
pub(super) fn may_exceed(body: &Body, limit: Option<u64>) -> bool {
    let (Body::ActionRequest(request), Some(limit)) = (body, limit) else { return false };
    (request.pargs.len() + request.kargs.len()) as u64 + MARGIN > limit
}

/// Returns whether a request refers to another one.
pub(super) fn refers(request: &ActionRequest) -> bool {
    request.action == ACTION
}

/// Returns whether an answer looks as if it referred to another one.
pub(super) fn may_refer(answer: &RawValue) -> bool {
    answer.get().len() <= REFERENCE_LIMIT && answer.get().contains(EXCEPTION)
}

/// For how long a body is put.
enum Terms<'a> {
    /// So long.
    Kept(Duration),
    /// As long as the request with this header is there, or its answer.
    Bound { header: &'a Header, is_answer: bool },
}

impl Terms<'_> {
    fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Kept(time) => vec![("lyceum-expires", time.as_secs().to_string())],
            Self::Bound { header, is_answer: false } => vec![of_message("request", header)],
            Self::Bound { header, is_answer: true } => {
                vec![of_message("answer", header), ("lyceum-expires", KEPT.1.as_secs().to_string())]
            }
        }
    }
}

fn of_message(kind: &str, request: &Header) -> (&'static str, String) {
    ("lyceum-message", format!("{kind} {} {}", request.src.uid, request.tag))
}

/// Why a body did not come.
#[derive(Debug, Error)]
enum Missed {
    #[error("the data of the message is lost: {0}")]
    Lost(String),
    #[error("the data of the message is lost: {0}")]
    Unreached(MailboxError),
}

impl Bulk {
    pub(super) fn new(client: Client) -> Self {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Self { client, under_way: Semaphore::new(AT_ONCE), room }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request that is too large by reference.
    ///
    /// # Errors
    ///
    /// Says why not: that it was too large, if there is no place for it either.
    pub(super) async fn send(
        &self,
        from: &dyn Mailbox,
        mut request: Message,
        promise: Promise,
        why: String,
    ) -> Result<(), MailboxError> {
        let Body::ActionRequest(_) = &request.body else { return Err(MailboxError::TooLarge(why)) };
        let terms = if promise.durable {
            Terms::Bound { header: &request.header, is_answer: false }
        } else {
            Terms::Kept(promise.time_left.map_or(KEPT.1, |left| left + KEPT.0))
        };
        let reference = match self.put(&request.body, terms).await {
            Ok(reference) => reference,
            // A server without a depot, or one that is not for this side.
            Err(MailboxError::Unknown | MailboxError::Unauthorized(_)) => {
                return Err(MailboxError::TooLarge(why));
            }
            Err(error) => return Err(error),
        };
        request.body = reference.request();
        let sent = from.send(&request, promise).await;
        if sent.is_err() {
            self.free(&reference).await;
        }
        sent
    }

    /// Returns an answer that refers to one that is too large; none if whoever asked does not take
    /// that, or there is no place for it.
    pub(super) async fn refer(&self, header: &Header, answer: &Body) -> Option<Body> {
        if header.label != Some(TAKES_REFERENCES) {
            return None;
        }
        // Whether it was durable is not known here. It does no harm to keep it while it waits.
        match self.put(answer, Terms::Bound { header, is_answer: true }).await {
            Ok(reference) => Some(reference.answer()),
            Err(error) => {
                tracing::debug!(to = %header.src, %error, "an answer finds no place");
                None
            }
        }
    }

    /// Fetches the request that another one refers to.
    ///
    /// # Errors
    ///
    /// Says why there is none.
    pub(super) async fn request(
        self: &Arc<Self>,
        request: &ActionRequest,
    ) -> Result<(ActionRequest, Fetched), Exception> {
        let fault = |text: String| Exception { kind: "ValueError".into(), text };
        let reference = Reference::of_request(request);
        let reference = reference.ok_or_else(|| fault("the request refers to nothing".into()))?;
        let room = self.room(reference.size)?;
        let body = self.fetch_patiently(&reference).await.map_err(fault)?;
        let kept = reference.durable.then(|| Kept { bulk: self.clone(), reference });
        match serde_json::from_slice(&body) {
            Ok(Body::ActionRequest(whole)) if !refers(&whole) => {
                Ok((whole, Fetched { room, kept }))
            }
            Ok(_) => Err(fault("the request refers to something else".into())),
            Err(error) => Err(fault(format!("the request refers to what is none: {error}"))),
        }
    }

    /// Takes room for a request. Nobody waits for it: what has it may itself wait for who would.
    fn room(&self, size: u64) -> Result<Room, Exception> {
        let wanted = u32::try_from(size.div_ceil(1024)).unwrap_or(u32::MAX);
        self.room.clone().try_acquire_many_owned(wanted).map_err(|_| {
            let text = format!("expected at most {ROOM} KiB of large requests at a time");
            Exception { kind: "Overloaded".into(), text }
        })
    }

    /// Returns the answer that another one refers to, or that there is none any more. What refers
    /// to nothing stays as it is.
    pub(super) async fn whole(&self, answer: Message<Unread>) -> Message<Unread> {
        let Some(reference) = Reference::of_answer(&answer) else { return answer };
        let fetched = self.fetch(&reference).await.map_err(|missed| missed.to_string());
        let fetched = fetched.and_then(|bytes| {
            let text = String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())?;
            RawValue::from_string(text).map_err(|error| error.to_string())
        });
        let body = fetched.unwrap_or_else(|why| {
            let kind = format!("{}AnswerLost", payload::FAILURE);
            let body = raised(Serialization::Json, &kind, &why);
            serde_json::value::to_raw_value(&body).expect("a body has a form in JSON")
        });
        Message { body, ..answer }
    }

    async fn put(&self, body: &Body, terms: Terms<'_>) -> Result<Reference, MailboxError> {
        let unfit = |why: String| MailboxError::Answer(why);
        let bytes = serde_json::to_vec(body).map_err(|error| unfit(error.to_string()))?;
        let size = bytes.len() as u64;
        if size > BODY_LIMIT {
            let text = format!("message of size {size} larger than limit {BODY_LIMIT}");
            return Err(MailboxError::TooLarge(text));
        }
        let _under_way = self.under_way.acquire().await.map_err(|_| MailboxError::Ended)?;
        let bytes = Bytes::from(bytes);
        let digest = digest(bytes.clone()).await.map_err(unfit)?;
        let durable = matches!(terms, Terms::Bound { is_answer: false, .. });
        let blob = Uuid::from_u128(rand::random());
        let reference = Reference { blob, size, digest, durable };
        let mut headers = vec![
            ("lyceum-digest", reference.digest.clone()),
            ("lyceum-release", "reader".to_owned()),
        ];
        headers.extend(terms.headers());
        let (path, limit) = (reference.path(), REFERENCE_LIMIT);
        self.client.ask_bytes((Method::PUT, &path), &headers, bytes, limit).await?;
        Ok(reference)
    }

    /// Fetches the body of a request. One that is durable has time: the exchange that keeps it may
    /// be away for a while.
    async fn fetch_patiently(&self, reference: &Reference) -> Result<Bytes, String> {
        let mut pauses = PAUSES.into_iter().filter(|_| reference.durable);
        loop {
            match self.fetch(reference).await {
                Ok(bytes) => return Ok(bytes),
                Err(Missed::Unreached(error)) if error.may_pass() => match pauses.next() {
                    Some(pause) => sleep(pause).await,
                    None => return Err(Missed::Unreached(error).to_string()),
                },
                Err(missed) => return Err(missed.to_string()),
            }
        }
    }

    /// Fetches what a reference stands for, and frees it, unless it is kept until the answer.
    async fn fetch(&self, reference: &Reference) -> Result<Bytes, Missed> {
        let lost = |why: String| Missed::Lost(why);
        let size = usize::try_from(reference.size).ok().filter(|_| reference.size <= BODY_LIMIT);
        let size = size.ok_or_else(|| lost(format!("it has {} bytes", reference.size)))?;
        let _under_way = self.under_way.acquire().await.map_err(|error| lost(error.to_string()))?;
        let path = reference.path();
        let asked = self.client.ask_bytes((Method::GET, &path), &[], Bytes::new(), size).await;
        let bytes = asked.map_err(|error| match error {
            MailboxError::Unknown => lost("the exchange does not have it".into()),
            other => Missed::Unreached(other),
        })?;
        let found = digest(bytes.clone()).await.map_err(lost)?;
        if bytes.len() != size || found != reference.digest {
            return Err(lost(format!("expected digest {}, found {found}", reference.digest)));
        }
        if !reference.durable {
            self.free(reference).await;
        }
        Ok(bytes)
    }

    async fn free(&self, reference: &Reference) {
        let (path, limit) = (reference.path(), REFERENCE_LIMIT);
        let freed = self.client.ask_bytes((Method::DELETE, &path), &[], Bytes::new(), limit).await;
        // Its time ends in any case.
        if let Err(error) = freed {
            tracing::debug!(%error, "a body stays at the exchange until its time is over");
        }
    }
}

/// Returns the digest of some bytes, computed where it holds up nobody.
async fn digest(bytes: Bytes) -> Result<String, String> {
    let digest = spawn_blocking(move || blake3::hash(&bytes).to_hex().to_string());
    digest.await.map_err(|error| error.to_string())
}

impl Reference {
    fn path(&self) -> String {
        format!("/blob/{}", self.blob.simple())
    }

    fn request(&self) -> Body {
        let pargs = serde_json::to_string(&[self]).expect("texts and numbers are JSON");
        Body::ActionRequest(ActionRequest {
            action: ACTION.into(),
            serialization: Serialization::Json,
            result_serialization: Some(Serialization::Json),
            exception_serialization: Some(Serialization::Json),
            pargs,
            kargs: "{}".into(),
            time_left_millis: None,
        })
    }

    fn of_request(request: &ActionRequest) -> Option<Self> {
        let [reference] = serde_json::from_str::<[Self; 1]>(&request.pargs).ok()?;
        Some(reference)
    }

    fn answer(&self) -> Body {
        let text = serde_json::to_string(self).expect("texts and numbers are JSON");
        raised(Serialization::Json, EXCEPTION, &text)
    }

    fn of_answer(answer: &Message<Unread>) -> Option<Self> {
        let body: Body = serde_json::from_str(answer.body.get()).ok()?;
        let Body::UserErrorResponse { serialization, exception } = body else { return None };
        let read = payload::read_exception(serialization, &exception, Limits::default());
        let Exception { kind, text } = read.ok()?;
        let is_reference = answer.header.kind == Kind::Response && kind == EXCEPTION;
        is_reference.then(|| serde_json::from_str(&text).ok()).flatten()
    }
}

impl std::fmt::Debug for Bulk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bulk({:?})", self.client)
    }
}

#[cfg(test)]
mod tests {
    use lyceum_wire::academy::EntityId;

    use super::*;
    use crate::academy::http::HttpSettings;

    fn reference() -> Reference {
        Reference { blob: Uuid::from_u128(7), size: 9, digest: "ab".repeat(32), durable: false }
    }

    /// Returns an answer as it arrives.
    fn answer(body: &Body) -> Message<Unread> {
        let (user, agent) = (EntityId::user(Uuid::nil(), None), EntityId::agent(Uuid::nil(), None));
        let request = Message::request(user, agent, Uuid::nil(), Body::PingRequest);
        Message::read(request.answer(body.clone()).to_json().as_bytes()).unwrap()
    }

    #[test]
    fn references_are_read_as_they_are_written() {
        let Body::ActionRequest(request) = reference().request() else { panic!("another body") };
        assert!(refers(&request));
        assert_eq!(Reference::of_request(&request).unwrap().path(), reference().path());
        let referring = answer(&reference().answer());
        assert!(may_refer(&referring.body));
        let read = Reference::of_answer(&referring).unwrap();
        assert_eq!((read.size, read.digest), (9, reference().digest));
    }

    #[test]
    fn room_is_bounded_and_comes_back() {
        let url = "tcp://127.0.0.1:1".parse().unwrap();
        let transport = crate::transport::sockets(Duration::ZERO).remove(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let handle = runtime.handle().clone();
        let bulk = Bulk::new(Client::new(handle, transport, url, "", HttpSettings::default()));
        let held = [bulk.room(BODY_LIMIT).unwrap(), bulk.room(BODY_LIMIT).unwrap()];
        assert_eq!(bulk.room(1).unwrap_err().kind, "Overloaded");
        assert_eq!(bulk.room(u64::MAX).unwrap_err().kind, "Overloaded");
        drop(held);
        assert!(bulk.room(1).is_ok());
    }

    #[test]
    fn what_refers_to_nothing_is_left_as_it_is() {
        for text in ["", "{}", "lyceum.ByReference", "{\"blob\":\"x\",\"size\":1,\"digest\":\"\"}"]
        {
            let other = answer(&raised(Serialization::Json, EXCEPTION, text));
            assert!(Reference::of_answer(&other).is_none(), "{text}");
            let Body::ActionRequest(mut request) = reference().request() else { unreachable!() };
            request.pargs = text.into();
            assert!(Reference::of_request(&request).is_none(), "{text}");
        }
        let plain = answer(&Body::SuccessResponse);
        assert!(!may_refer(&plain.body));
    }
}
