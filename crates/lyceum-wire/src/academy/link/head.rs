//! What is said in each direction.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::FrameError;
use crate::academy::{EntityId, Role};

/// The version of the frames. A side that speaks another one is refused.
pub const VERSION: u16 = 1;

/// Messages that may be on their way to one mailbox.
pub const CREDIT_LIMIT: u32 = 4096;

/// Requests that a program which comes back may say it has.
pub const HELD_LIMIT: usize = 16_384;

/// Numbers in one list of answers.
const NUMBERS_LIMIT: usize = 65_536;

/// Bytes of a name, a class, an attribute or a reason.
pub const TEXT_LIMIT: usize = 4096;

/// Classes or attributes of one mailbox.
const NAMES_LIMIT: usize = 256;

/// Agents in one answer to a search.
const FOUND_LIMIT: usize = 10_000;

/// Something that frames begin with.
pub trait Head: Serialize + DeserializeOwned {
    /// Returns whether a message follows.
    fn has_body(&self) -> bool;

    /// Checks all texts and lists.
    ///
    /// # Errors
    ///
    /// Says which of them is too long.
    fn check(&self) -> Result<(), FrameError>;
}

/// What a node says to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ToServer {
    /// The first frame.
    Hello {
        /// The version of the frames.
        version: u16,
    },
    /// A question, which is answered in any order.
    Ask {
        /// Tells questions apart that are not answered.
        id: u32,
        /// What is asked.
        verb: Verb,
    },
    /// Messages were taken in, so that as many more may come. It is not answered.
    Received {
        /// The mailbox that they came into.
        mailbox: Uuid,
        /// The generation of its holder.
        generation: u64,
        /// Those of them that are answers, which end with this.
        answers: Vec<u64>,
        /// How many they are, requests included.
        credit: u32,
    },
}

/// What can be asked of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verb {
    /// Put the message that follows, which is [packed](super::Packed).
    Put {
        /// The generation of the sender, where it holds its mailbox.
        generation: Option<u64>,
        /// Whether it is kept until it is answered.
        durable: bool,
        /// How long it may wait for somebody to take it, in milliseconds.
        time_left_millis: Option<u64>,
    },
    /// Make a mailbox, or leave it as it is.
    Register {
        /// Which, and whose.
        mailbox: EntityId,
        /// The class of an agent, and all that it descends from.
        classes: Option<Vec<String>>,
    },
    /// Hold a mailbox. What comes into it is delivered from now on.
    Lease {
        /// Which.
        mailbox: Uuid,
        /// What is left of the time before this connection, if the same program comes back.
        resume: Option<Resume>,
        /// How many messages may come before some are [received](ToServer::Received).
        credit: u32,
    },
    /// Leave a mailbox in good order: what is not answered waits for the next program, or fails.
    Release {
        /// Which.
        mailbox: Uuid,
        /// The generation of its holder.
        generation: u64,
    },
    /// End a mailbox for good.
    Terminate {
        /// Which.
        mailbox: Uuid,
    },
    /// Note that the holder of a mailbox is alive.
    Beat {
        /// Which.
        mailbox: Uuid,
    },
    /// Say how long ago that was.
    LastBeat {
        /// Which.
        mailbox: Uuid,
    },
    /// Say what passed through a mailbox.
    Statistics {
        /// Which.
        mailbox: Uuid,
    },
    /// Find agents by what people call them.
    Find {
        /// Their name.
        name: String,
    },
    /// Find agents by their class.
    Discover {
        /// Their class.
        class: String,
        /// Whether those of classes that descend from it count.
        with_descendants: bool,
    },
}

/// What a program has that held a mailbox before its connection was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Its generation.
    pub generation: u64,
    /// The requests that came in and are not answered. Others that were on their way come again.
    pub held: Vec<u64>,
}

/// What the server says to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ToClient {
    /// The first frame.
    Welcome {
        /// The version of the frames.
        version: u16,
        /// The longest message that is taken.
        message_limit: u64,
    },
    /// Questions that are answered with nothing else: it is done.
    Done {
        /// Which.
        ids: Vec<u32>,
    },
    /// The answer to a question.
    Answer {
        /// Which.
        id: u32,
        /// What it is.
        said: Said,
    },
    /// A message for a mailbox that the node holds. It follows: [packed](super::Packed), or whole
    /// as JSON.
    Deliver {
        /// The mailbox.
        mailbox: Uuid,
        /// The generation that it is for.
        generation: u64,
        /// Its number at this server.
        sequence: u64,
        /// How often it was delivered, this time included.
        attempt: u32,
    },
    /// The node does not hold a mailbox any more.
    Lost {
        /// Which.
        mailbox: Uuid,
        /// The generation that it had.
        generation: u64,
        /// Why.
        why: Why,
    },
    /// The server ends the connection.
    Goodbye {
        /// Why.
        reason: String,
    },
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Said {
    /// The mailbox is held, in that generation.
    Leased {
        /// The generation.
        generation: u64,
    },
    /// How long ago the holder of a mailbox was alive, in milliseconds.
    LastBeat {
        /// How long ago; `None` if it never said so.
        millis: Option<u64>,
    },
    /// What passed through a mailbox.
    Statistics(Statistics),
    /// Agents that were found.
    Found(Vec<EntityId>),
    /// It was not done.
    Refused {
        /// Why.
        code: Code,
        /// The same for people.
        text: String,
    },
}

/// What passed through a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Requests that came.
    pub incoming: u64,
    /// Requests that its holder sent.
    pub outgoing: u64,
    /// Requests that were answered.
    pub completed: u64,
    /// Requests that were taken and not answered yet.
    pub in_progress: u64,
    /// Requests that wait.
    pub queued: u64,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Code {
    /// There is no such mailbox, or none for who asks.
    Unknown,
    /// The mailbox is gone for good.
    Terminated,
    /// Another program holds the mailbox.
    Stale,
    /// As much waits as may wait, or is asked as may be asked.
    Overloaded,
    /// The message is too long.
    TooLarge,
    /// The disk has no space.
    StorageFull,
    /// The question makes no sense.
    Invalid,
    /// The server ends, or its store has failed: it is not known what was done.
    Unavailable,
}

/// Why a node does not hold a mailbox any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Why {
    /// Another program holds it.
    Replaced,
    /// It is gone for good.
    Terminated,
}

impl Head for ToServer {
    fn has_body(&self) -> bool {
        matches!(self, Self::Ask { verb: Verb::Put { .. }, .. })
    }

    fn check(&self) -> Result<(), FrameError> {
        match self {
            Self::Hello { .. } => Ok(()),
            Self::Received { answers, .. } => within("answers", answers.len(), NUMBERS_LIMIT),
            Self::Ask { verb, .. } => check_verb(verb),
        }
    }
}

fn check_verb(verb: &Verb) -> Result<(), FrameError> {
    match verb {
        Verb::Register { mailbox, classes } => {
            check_entity(mailbox)?;
            let classes = classes.as_deref().unwrap_or_default();
            within("classes", classes.len(), NAMES_LIMIT)?;
            classes.iter().try_for_each(|class| within("a class", class.len(), TEXT_LIMIT))
        }
        Verb::Lease { resume, credit, .. } => {
            within("credit", *credit as usize, CREDIT_LIMIT as usize)?;
            let held = resume.as_ref().map_or(0, |resume| resume.held.len());
            within("requests that are held", held, HELD_LIMIT)
        }
        Verb::Discover { class: text, .. } | Verb::Find { name: text } => {
            within("a class or a name", text.len(), TEXT_LIMIT)
        }
        _ => Ok(()),
    }
}

impl Head for ToClient {
    fn has_body(&self) -> bool {
        matches!(self, Self::Deliver { .. })
    }

    fn check(&self) -> Result<(), FrameError> {
        match self {
            Self::Done { ids } => within("answers", ids.len(), NUMBERS_LIMIT),
            Self::Answer { said: Said::Found(found), .. } => {
                within("agents", found.len(), FOUND_LIMIT)?;
                found.iter().try_for_each(check_entity)
            }
            Self::Answer { said: Said::Refused { text, .. }, .. }
            | Self::Goodbye { reason: text } => within("a reason", text.len(), TEXT_LIMIT),
            _ => Ok(()),
        }
    }
}

fn check_entity(id: &EntityId) -> Result<(), FrameError> {
    debug_assert!(matches!(id.role, Role::Agent | Role::User));
    within("a name", id.name.as_ref().map_or(0, String::len), TEXT_LIMIT)
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), FrameError> {
    if found > limit { Err(FrameError::OutOfBounds { what, found, limit }) } else { Ok(()) }
}
