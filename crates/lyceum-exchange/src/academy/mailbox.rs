//! Mailboxes: what this side asks of an exchange of Academy's, whichever it is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use lyceum_wire::academy::{EntityId, Message, MessageError, Unread};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Returns the class that stands for a value of an attribute on exchanges that know classes alone.
///
/// No class of Python has a `:` in its name. Commas are between classes, so that they and all else
/// that is neither letter nor digit stand as their bytes.
fn class_of_attribute(name: &str, value: &str) -> String {
    let escaped = |text: &str| {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02x}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    format!("lyceum:attribute:{}:{}", escaped(name), escaped(value))
}

/// One mailbox on an exchange, and what its holder may ask of the exchange.
///
/// It stays when it is dropped: messages wait in it for whoever [opens](Self::open) it next.
pub trait Mailbox: Send + Sync + fmt::Debug + 'static {
    /// Returns whose mailbox it is.
    fn id(&self) -> &EntityId;

    /// Returns another mailbox of the same exchange. Nothing is sent: it may not even exist.
    fn open(&self, id: EntityId) -> Arc<dyn Mailbox>;

    /// Makes a mailbox, or leaves one as it is that is there already. For an agent it is known as
    /// its class and all that it descends from, by dotted names.
    fn register(&self, id: &EntityId, ancestors: Option<&[String]>) -> Asked<()>;

    /// Makes a mailbox as [`register`](Self::register) does, whose agent is found by attributes,
    /// too: unless the exchange has a place for them, each is one more class.
    fn register_with(
        &self,
        id: &EntityId,
        ancestors: Option<&[String]>,
        attributes: &Attributes,
    ) -> Asked<()> {
        let Some(ancestors) = ancestors else { return self.register(id, None) };
        let classes = attributes.iter().map(|(name, value)| class_of_attribute(name, value));
        let all: Vec<String> = ancestors.iter().cloned().chain(classes).collect();
        self.register(id, Some(&all))
    }

    /// Returns whether the exchange keeps durable messages until they are answered.
    fn keeps_messages(&self) -> bool {
        false
    }

    /// Returns whether messages arrive in the order in which [`send`](Self::send) was called, so
    /// that nobody has to wait for one before the next; they leave although nobody polls.
    fn keeps_order(&self) -> bool {
        false
    }

    /// Returns whether [`close`](Self::close) leaves what was not received yet to the next holder.
    /// Otherwise everything that is on its way is received before.
    fn keeps_untaken(&self) -> bool {
        false
    }

    /// Returns how many bytes a message may have, as far as that is known.
    fn message_limit(&self) -> Option<u64> {
        None
    }

    /// Puts a message into the mailbox that it is for. Ready when it is as safe as was promised.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the message may be there or not.
    fn send(&self, message: &Message, promise: Promise) -> Asked<()>;

    /// Takes the next message out of this mailbox; waits for it.
    ///
    /// # Cancel safety
    ///
    /// A message that has come to this side whole is not lost. One that is on its way may be:
    /// the exchange counts it as delivered.
    fn receive(&self) -> BoxFuture<'_, Result<Delivered, MailboxError>>;

    /// Says who takes the answers to all requests of this node at the exchange, where that is
    /// faster than to [receive](Self::receive) them. Some may be received all the same.
    fn hand_answers_to(&self, take: TakeAnswer) {
        drop(take);
    }

    /// Returns whether no more requests come than there is room for: each is said to
    /// [wait no more](Self::made_room). Elsewhere they come, however many there are.
    fn waits_for_room(&self) -> bool {
        false
    }

    /// Says that a request which was received waits no more, so that another one may come. It is
    /// said once of each, also of one that is refused.
    fn made_room(&self) {}

    /// Stops to receive: what comes from now on waits for whoever opens the mailbox next.
    fn close(&self) -> Asked<()>;

    /// Returns the agents of a class; those of classes that descend from it, too, if asked for.
    fn discover(&self, class: &str, with_descendants: bool) -> Asked<Vec<EntityId>>;

    /// Returns the agents that people call so; none where the exchange does not look for names.
    fn named(&self, name: &str) -> Asked<Vec<EntityId>> {
        let _ = name;
        ready(Ok(Vec::new())).boxed()
    }

    /// Returns the agents that have a value of an attribute.
    fn with_attribute(&self, name: &str, value: &str) -> Asked<Vec<EntityId>> {
        self.discover(&class_of_attribute(name, value), true)
    }

    /// Ends a mailbox for good. One that does not exist stays so.
    fn terminate(&self, id: &EntityId) -> Asked<()>;

    /// Says that the holder of this mailbox is alive.
    fn heartbeat(&self) -> Asked<()>;

    /// Returns how long ago the holder of a mailbox said so.
    fn last_heartbeat(&self, id: &EntityId) -> Asked<Option<Duration>>;

    /// Returns what passed through a mailbox.
    fn stats(&self, id: &EntityId) -> Asked<MailboxStats>;
}

/// What an agent may be found by besides its class and its name.
pub type Attributes = BTreeMap<String, String>;

/// What is promised about a message, where an exchange can promise something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// Whether it is kept until it is answered, across the deaths of programs and machines. An
    /// exchange that does not [keep messages](Mailbox::keeps_messages) is never asked for it.
    pub durable: bool,
    /// How long it may wait for somebody to take it; `None` for as long as it takes.
    pub time_left: Option<Duration>,
}

/// A message that was taken out of a mailbox.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The message.
    pub message: Message<Unread>,
    /// How often it was delivered, this time included.
    pub attempt: u32,
}

impl From<Message<Unread>> for Delivered {
    fn from(message: Message<Unread>) -> Self {
        Self { message, attempt: 1 }
    }
}

/// Takes an answer.
pub type TakeAnswer = Arc<dyn Fn(Message<Unread>) + Send + Sync>;

/// What an exchange is asked.
pub type Asked<T> = BoxFuture<'static, Result<T, MailboxError>>;

/// What passed through a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MailboxStats {
    /// Messages that came.
    pub incoming: u64,
    /// Messages that its holder sent.
    pub outgoing: u64,
    /// Requests that were answered.
    pub completed: u64,
    /// Requests that were not answered yet.
    pub in_progress: u64,
    /// Messages that wait.
    pub queued: u64,
}

/// Says why an exchange did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MailboxError {
    /// There is no such mailbox.
    #[error("the exchange has no such mailbox")]
    Unknown,
    /// The mailbox is gone for good.
    #[error("the mailbox is terminated")]
    Terminated,
    /// Another program holds the mailbox by now.
    #[error("another program holds the mailbox by now")]
    Stale,
    /// The exchange has no space for the message.
    #[error("the exchange has no space to store the message")]
    StorageFull,
    /// The exchange does not know this side, or does not allow it that.
    #[error("the exchange refused this side: {0}")]
    Unauthorized(String),
    /// The message is larger than the exchange takes.
    #[error("the message is larger than the exchange takes: {0}")]
    TooLarge(String),
    /// The exchange has too much to do, and did nothing.
    #[error("the exchange has too much to do: {0}")]
    Overloaded(String),
    /// The exchange waited as long as it waits.
    #[error("the exchange had nothing in time")]
    Late,
    /// The exchange answered something else than was agreed.
    #[error("the exchange answered `{0}`")]
    Answer(String),
    /// What the exchange handed out is no message.
    #[error("the exchange handed out what is no message")]
    Message(#[from] MessageError),
    /// The exchange was not reached. Nothing was sent.
    #[error("cannot reach the exchange: {0}")]
    Unreachable(String),
    /// The exchange was lost on the way. Whether it did what it was asked is not known.
    #[error("the exchange was lost: {0}")]
    Lost(String),
    /// The node has ended.
    #[error("the node has ended")]
    Ended,
}

impl MailboxError {
    /// Returns whether the same question may be answered later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Overloaded(_)
                | Self::StorageFull
                | Self::Unreachable(_)
                | Self::Lost(_)
                | Self::Answer(_)
        )
    }
}
