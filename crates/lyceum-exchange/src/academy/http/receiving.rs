//! What comes into a mailbox: by a stream of events, or message by message.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::{Bytes, Incoming};
use lyceum_wire::academy::{Body, EntityId, Message, Unread};
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};

use super::client::{Client, Question, Repeat};
use super::events::Events;
use super::mailbox::field;
use crate::academy::MailboxError;

/// How long a stream may be silent, in which the server says something every 15 s.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may wait for one message: less than a request may take.
const POLL_SECONDS: f64 = 20.0;

/// How long to wait before the next stream when one has ended in good order.
const REOPEN_PAUSE: Duration = Duration::from_millis(20);

/// How long the end of a stream may take to be known at the server.
const DISMISS_PAUSE: Duration = Duration::from_millis(20);

/// The longest message that is taken.
const MESSAGE_LIMIT: usize = 16 * 1024 * 1024;

/// How messages come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Receive {
    /// The server sends each as an event.
    #[default]
    Stream,
    /// Each is asked for: for proxies that do not let streams pass.
    Poll,
}

/// The way in of a mailbox.
#[derive(Debug)]
pub(super) struct Receiving {
    client: Arc<Client>,
    id: EntityId,
    way: Receive,
    stream: Option<Stream>,
    /// Whether somebody at the server may still wait in our name, who takes the next message and
    /// loses it.
    leaves_waiter: bool,
}

/// A stream of events.
#[derive(Debug)]
struct Stream {
    body: Incoming,
    events: Events,
    /// What came and was not looked at yet.
    rest: Bytes,
}

impl Receiving {
    pub(super) fn new(client: Arc<Client>, id: EntityId, way: Receive) -> Self {
        Self { client, id, way, stream: None, leaves_waiter: false }
    }

    /// Stops to receive.
    pub(super) async fn close(&mut self) -> Result<(), MailboxError> {
        self.stream = None;
        self.dismiss().await
    }

    /// Gives whoever still waits at the server a message that nobody misses.
    ///
    /// Academy's server does not notice that a stream is gone before it writes to it, and what it
    /// writes then is lost. An answer that nobody waits for does no harm wherever it ends. The
    /// first one may overtake the end of the stream, and so there is a second one.
    async fn dismiss(&mut self) -> Result<(), MailboxError> {
        if !std::mem::take(&mut self.leaves_waiter) {
            return Ok(());
        }
        self.put_nothing().await?;
        sleep(DISMISS_PAUSE).await;
        self.put_nothing().await
    }

    async fn put_nothing(&self) -> Result<(), MailboxError> {
        let id = self.id.clone();
        let nothing = Message::request(id.clone(), id, self.id.uid, Body::SuccessResponse);
        let question = Question {
            method: Method::PUT,
            path: "/message",
            body: json!({"message": nothing.to_json()}),
            repeat: Repeat::Refused,
        };
        self.client.ask(question).await.map(|_| ())
    }

    /// Waits for the next message. What has come stays here if the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Message<Unread>, MailboxError> {
        loop {
            let received = match self.way {
                Receive::Stream => self.next_event().await?,
                Receive::Poll => self.poll().await?,
            };
            if let Some(json) = received {
                return Ok(Message::read(&json)?);
            }
        }
    }

    /// Asks for one message; `None` if none came in time.
    async fn poll(&mut self) -> Result<Option<Vec<u8>>, MailboxError> {
        let mailbox = json!(self.id).to_string();
        let question = Question {
            method: Method::GET,
            path: "/message",
            body: json!({"mailbox": mailbox, "timeout": POLL_SECONDS}),
            repeat: Repeat::Refused,
        };
        self.dismiss().await?;
        self.leaves_waiter = true;
        let answer = self.client.ask_message(question).await?;
        self.leaves_waiter = false;
        match answer {
            None => Ok(None),
            Some(mut answer) => match field(&mut answer, "message") {
                Json::String(message) => Ok(Some(message.into_bytes())),
                _ => Err(MailboxError::Answer("a message without a text".into())),
            },
        }
    }

    /// Waits for an event; `None` if the stream ended, as it does now and then.
    async fn next_event(&mut self) -> Result<Option<Vec<u8>>, MailboxError> {
        if self.stream.is_none() {
            self.dismiss().await?;
            let mailbox = json!(self.id).to_string();
            let question = Question {
                method: Method::GET,
                path: "/mailbox/listen",
                body: json!({"mailbox": mailbox}),
                repeat: Repeat::Always,
            };
            let body = self.client.events(&question).await?.into_body();
            let events = Events::new(MESSAGE_LIMIT);
            self.stream = Some(Stream { body, events, rest: Bytes::new() });
            self.leaves_waiter = true;
        }
        let stream = self.stream.as_mut().expect("it was opened");
        let event = stream.next().await;
        if !matches!(event, Ok(Some(_))) {
            self.stream = None;
        }
        if matches!(event, Ok(None)) {
            self.leaves_waiter = false;
            // Messages wait meanwhile; a server that ends each stream at once is not stormed.
            sleep(REOPEN_PAUSE).await;
        }
        event
    }
}

impl Stream {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, MailboxError> {
        loop {
            let mut input = &self.rest[..];
            let event = self.events.feed(&mut input);
            let taken = self.rest.len() - input.len();
            self.rest = self.rest.slice(taken..);
            match event {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(_) => {
                    let text = format!("a message of more than {MESSAGE_LIMIT} bytes");
                    return Err(MailboxError::Answer(text));
                }
            }
            let frame = timeout(SILENCE_LIMIT, self.body.frame()).await;
            match frame {
                Err(_) => return Err(MailboxError::Lost("the stream is silent".into())),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(MailboxError::Lost(error.to_string())),
                Ok(Some(Ok(frame))) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
    }
}
