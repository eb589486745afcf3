//! What the logic knows of a message: who, to whom, and how it is to be delivered.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::mailbox::{MailboxId, MessageId, Moment, Profile};

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LetterKind {
    /// It wants an answer, and its sender is told in any case.
    Request,
    /// It answers a request with the same tag.
    Response,
}

/// What is promised about a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Delivery {
    /// Delivered at most once, and the caller gets an outcome in any case.
    #[default]
    Tracked,
    /// Accepted means on disk; delivered again until it is answered, and never after.
    Durable,
}

/// The header of a message. Its body is bytes that the logic never looks into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Who sent it.
    pub from: MailboxId,
    /// Whom it is for.
    pub to: MailboxId,
    /// Tells requests of one sender apart; an answer has that of its request.
    pub tag: Uuid,
    /// Comes back with the answer.
    pub label: Option<Uuid>,
    /// What it asks for.
    pub kind: LetterKind,
    /// What is promised about it. Answers are delivered as their requests are.
    pub delivery: Delivery,
    /// When a request that still waits is given up.
    pub expires: Option<Moment>,
}

impl Letter {
    /// Returns the id of the request that this is, or that it answers.
    pub fn request(&self) -> MessageId {
        let sender = match self.kind {
            LetterKind::Request => self.from,
            LetterKind::Response => self.to,
        };
        MessageId { sender, tag: self.tag }
    }

    /// Returns the header of the answer to this request.
    pub fn answer(&self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            tag: self.tag,
            label: self.label,
            kind: LetterKind::Response,
            delivery: self.delivery,
            expires: None,
        }
    }
}

/// Why a request ends without an answer of the agent: what its sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Failure {
    /// The mailbox was terminated.
    Terminated,
    /// The program that took the request has ended or was replaced; it may have run.
    ProgramGone,
    /// Nobody took the request in time; it did not run.
    Expired,
    /// The request was delivered as often as is allowed, and never answered.
    Undeliverable {
        /// How often it was delivered.
        deliveries: u32,
    },
    /// It was to cancel what is over, or what somebody else has asked for.
    NothingToCancel,
    /// The answer is longer than a message may be.
    AnswerTooLarge {
        /// How long it is, in bytes.
        size: u64,
        /// How long it may be.
        limit: u64,
    },
}

/// What a sender is to be told in place of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The header of the answer.
    pub letter: &'a Letter,
    /// Whose answer it stands for.
    pub from: &'a Profile,
    /// Who is told.
    pub to: &'a Profile,
    /// Why there is no answer.
    pub failure: Failure,
}

/// Writes a notice as a message, in the words of the senders' wire.
pub type Wording = fn(Notice<'_>) -> Vec<u8>;
