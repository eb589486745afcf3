//! One error for each verb.

use thiserror::Error;
use uuid::Uuid;

use crate::mailbox::MailboxId;

/// Says why a mailbox could not be registered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Somebody else has a mailbox with that id.
    #[error("mailbox {0} belongs to somebody else")]
    NotYours(MailboxId),
    /// It was terminated, and stays so.
    #[error("mailbox {0} was terminated")]
    Terminated(MailboxId),
    /// One owner, or all, have as many as they may.
    #[error("there are {limit} mailboxes already, and no more may be made")]
    TooMany {
        /// How many there may be.
        limit: usize,
    },
    /// Names and attributes are too long.
    #[error("names and attributes of a mailbox take {size} bytes, the limit is {limit}")]
    ProfileTooLarge {
        /// How long they are.
        size: usize,
        /// How long they may be.
        limit: usize,
    },
    /// There is no space for it.
    #[error("the storage is full")]
    StorageFull,
}

/// Says why a mailbox could not be asked about or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MailboxError {
    /// There is none, or none that is meant for who asks.
    #[error("unknown mailbox {0}")]
    Unknown(MailboxId),
    /// It was terminated.
    #[error("mailbox {0} was terminated")]
    Terminated(MailboxId),
    /// Another program holds the mailbox by now.
    #[error("generation {given} of mailbox {mailbox} was replaced by generation {current}")]
    Stale {
        /// Which mailbox.
        mailbox: MailboxId,
        /// The generation of who asks.
        given: u64,
        /// The generation that holds it.
        current: u64,
    },
    /// It is shared with as many groups as it may be.
    #[error("mailbox {mailbox} is shared with {limit} groups already")]
    TooManyGroups {
        /// Which mailbox.
        mailbox: MailboxId,
        /// How many there may be.
        limit: usize,
    },
    /// There is no space to take it down.
    #[error("the storage is full")]
    StorageFull,
}

/// Says why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PutError {
    /// Something is wrong with one of the two mailboxes.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// As much waits as may wait; it is worth trying again.
    #[error("mailbox {mailbox} is full: {messages} messages with {bytes} bytes wait")]
    Full {
        /// Which mailbox.
        mailbox: MailboxId,
        /// How many wait.
        messages: usize,
        /// How many bytes they have.
        bytes: u64,
    },
    /// Too many requests have no answer yet.
    #[error("{mailbox} has {limit} requests without an answer already")]
    TooManyOutstanding {
        /// The sender or the receiver.
        mailbox: MailboxId,
        /// How many there may be.
        limit: usize,
    },
    /// The sender has another request with that tag, which is not over.
    #[error("tag {0} is that of another request")]
    TagInUse(Uuid),
    /// The message is too long.
    #[error("message of size {size} larger than limit {limit}")]
    TooLarge {
        /// How long it is.
        size: u64,
        /// How long it may be.
        limit: u64,
    },
}

/// Says why a dead letter could not be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// There is no such dead letter.
    #[error("there is no dead letter {0}")]
    Unknown(u64),
    /// It cannot be put.
    #[error(transparent)]
    Put(#[from] PutError),
}
