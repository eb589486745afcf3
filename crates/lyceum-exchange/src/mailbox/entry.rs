//! What is kept of messages, answers, dead letters and mailboxes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::mailbox::{DeadReason, Letter, MessageId, Moment, Place, Profile, Sequence};

/// A message that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) letter: Letter,
    pub(crate) place: Place,
    /// How often it was given to a program.
    pub(crate) deliveries: u32,
    /// The program that has it; nobody while it waits.
    pub(crate) taken_by: Option<u64>,
    /// Whether the store's index has it, too.
    #[serde(skip)]
    pub(crate) is_indexed: bool,
}

/// An answer that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) letter: Letter,
    pub(crate) place: Place,
    /// The request that it answers.
    pub(crate) request: MessageId,
}

/// A message that nobody will answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its header.
    pub letter: Letter,
    /// How often it was delivered.
    pub deliveries: u32,
    /// Why it is dead.
    pub reason: DeadReason,
    /// Since when.
    pub at: Moment,
    pub(crate) place: Place,
}

impl DeadLetter {
    /// Returns how many bytes its body has.
    pub fn size(&self) -> u32 {
        self.place.length
    }
}

/// A mailbox, and what waits in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) profile: Profile,
    pub(crate) owner: String,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) is_terminated: bool,
    /// How many programs have held it.
    pub(crate) generation: u64,
    /// The latest sign of life.
    pub(crate) beat: Option<Moment>,
    /// Requests that it has sent.
    pub(crate) outgoing: u64,
    /// Requests that it has answered.
    pub(crate) completed: u64,
    #[serde(skip)]
    pub(crate) queue: Queue,
}

/// The messages of a mailbox. All of it follows from the messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    /// Requests and answers that wait, in order.
    pub(crate) waiting: BTreeSet<Sequence>,
    /// The answers among them, in order.
    pub(crate) answers: BTreeSet<Sequence>,
    /// What a program has, and has not answered or acknowledged.
    pub(crate) taken: BTreeSet<Sequence>,
    /// How many of those that wait are requests.
    pub(crate) requests: usize,
    /// The bytes of the requests that wait.
    pub(crate) bytes: u64,
    /// Requests that this mailbox has sent, and that are not over.
    pub(crate) outstanding: usize,
}

/// What is known of the requests to and from a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// All requests that were accepted for it.
    pub incoming: u64,
    /// All requests that it has sent.
    pub outgoing: u64,
    /// Those that were answered.
    pub completed: u64,
    /// Those that a program has taken and not answered.
    pub in_progress: u64,
    /// Those that wait.
    pub queued: u64,
}

/// Whether a mailbox accepts messages, and whether a program reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// A program holds it or showed that it is alive.
    Active,
    /// Messages wait for a program.
    Inactive,
    /// It is gone for good.
    Terminated,
}
