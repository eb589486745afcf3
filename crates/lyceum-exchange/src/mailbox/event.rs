//! What happened: the logic's whole state is the sum of its events.

use serde::{Deserialize, Serialize};

use crate::mailbox::{Letter, MailboxId, Moment, Profile};

/// The number of a message, in the order of acceptance. No two messages ever have the same.
pub type Sequence = u64;

/// Something that happened to mailboxes.
///
/// Each is one record of the store, and takes effect as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A mailbox exists from now on, or says more of itself.
    Registered {
        /// Which.
        mailbox: MailboxId,
        /// What it is found by.
        profile: Profile,
        /// Whom it belongs to.
        owner: String,
    },
    /// A group may use a mailbox, or may not any more.
    Shared {
        /// Which.
        mailbox: MailboxId,
        /// The group.
        group: String,
        /// Whether it may.
        is_shared: bool,
    },
    /// A new program holds a mailbox.
    Leased {
        /// Which.
        mailbox: MailboxId,
        /// How many programs have held it, this one included.
        generation: u64,
    },
    /// A program showed that it is alive.
    Beat {
        /// Whose mailbox.
        mailbox: MailboxId,
        /// When.
        at: Moment,
    },
    /// A message was accepted; its body follows. An answer ends its request at once.
    Put {
        /// Its number.
        sequence: Sequence,
        /// Its header.
        letter: Letter,
        /// The request that it answers, and how that ended.
        answers: Option<(Sequence, End)>,
    },
    /// A message was given to the program that holds the mailbox.
    Taken {
        /// Which.
        sequence: Sequence,
        /// The program.
        generation: u64,
        /// Whether it stays until it is acknowledged or answered.
        is_kept: bool,
    },
    /// A message that was given away waits once more.
    Returned {
        /// Which.
        sequence: Sequence,
    },
    /// A message is over, and nobody is told.
    Ended {
        /// Which.
        sequence: Sequence,
        /// How.
        end: End,
    },
    /// A dead letter was replayed or thrown away.
    Buried {
        /// Which.
        sequence: Sequence,
    },
    /// A mailbox is gone for good.
    Terminated {
        /// Which.
        mailbox: MailboxId,
    },
    /// A body was copied, so that the space of older records can be given back; it follows.
    Moved {
        /// Whose body.
        body: BodyOf,
    },
    /// A message that was given away never left, and waits as if it had not been.
    PutBack {
        /// Which.
        sequence: Sequence,
    },
    /// A program was connected when the exchange ended in order.
    Paused {
        /// Whose mailbox.
        mailbox: MailboxId,
        /// The program.
        generation: u64,
    },
    /// It is taken to be connected again.
    Resumed {
        /// Whose mailbox.
        mailbox: MailboxId,
    },
}

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// In order: answered or acknowledged.
    Done,
    /// Its sender was told of a failure.
    Failed,
    /// It becomes a dead letter.
    Dead(DeadReason, Moment),
}

/// Why a message became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeadReason {
    /// It was delivered as often as is allowed, and never answered.
    Undeliverable,
    /// Its mailbox was terminated.
    Terminated,
    /// Nobody took it in time.
    Expired,
}

/// Who keeps a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyOf {
    /// A message that is not over.
    Message(Sequence),
    /// An answer that is remembered.
    Answer(Sequence),
    /// A dead letter.
    DeadLetter(Sequence),
}

/// Where a body lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file of the store.
    pub segment: u64,
    /// The byte in that file at which it begins.
    pub offset: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// Takes events down, in order.
///
/// Space is asked for before anything is promised, so that taking down never fails.
pub trait Journal {
    /// Takes an event down, with the body that belongs to it, and says where the body will lie.
    fn append(&mut self, event: &Event, body: &[u8]) -> Place;

    /// Returns how many bytes of new messages can be taken down for certain.
    fn room(&self) -> u64;

    /// Returns whether there is room for what ends messages, for which some is set aside.
    fn has_reserve(&self) -> bool;
}
