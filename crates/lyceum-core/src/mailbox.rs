//! Mailboxes from outside: what happens when one is full, and what became of lost messages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lyceum_wire::Address;
use serde::{Deserialize, Serialize};

use crate::cell::{Refusal, Verdict};
use crate::{ActionInfo, Time};

/// How many dead letters a node keeps.
const DEAD_LETTERS: usize = 1024;

/// What happens to a message when the mailbox is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// The sender waits, at most until its deadline.
    #[default]
    Wait,
    /// The sender gets the message back.
    Fail,
    /// The oldest message makes room; its caller gets it back.
    DropOldest,
    /// The message is dropped; a caller gets it back.
    DropNewest,
}

/// A one-way message that nobody handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The agent that it was for.
    pub address: Address,
    /// The type of that agent.
    pub agent: String,
    /// The action.
    pub action: String,
    /// What became of it.
    pub reason: LostReason,
    /// When.
    pub time: Time,
}

/// Why nobody handled a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LostReason {
    /// The mailbox was full.
    Overflow,
    /// The agent ended.
    Ended,
    /// The agent was restarted.
    Restarted,
    /// Its sender's time was over.
    Timeout,
}

/// The last messages that nobody handled.
#[derive(Default)]
pub(crate) struct DeadLetters(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    letters: VecDeque<DeadLetter>,
    count: u64,
}

impl DeadLetters {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(
        &self,
        address: Address,
        agent: &str,
        info: &ActionInfo,
        reason: LostReason,
        time: Time,
    ) {
        let mut kept = self.kept();
        kept.count += 1;
        if kept.letters.len() == DEAD_LETTERS {
            kept.letters.pop_front();
        }
        let (agent, action) = (agent.into(), info.name.into());
        kept.letters.push_back(DeadLetter { address, agent, action, reason, time });
    }

    pub(crate) fn list(&self) -> Vec<DeadLetter> {
        self.kept().letters.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> u64 {
        self.kept().count
    }
}

impl From<Verdict> for LostReason {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Evicted => Self::Overflow,
            Verdict::Timeout => Self::Timeout,
            Verdict::Down => Self::Restarted,
            Verdict::Ran | Verdict::Terminated | Verdict::Accepted => Self::Ended,
        }
    }
}

impl From<Refusal> for LostReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Full | Refusal::Dropped | Refusal::Reentrant | Refusal::Crowded => {
                Self::Overflow
            }
            _ => Self::Ended,
        }
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("count", &self.count()).finish_non_exhaustive()
    }
}
