//! Tickets: what a launcher needs to know to start an agent elsewhere.

use std::fmt;
use std::time::Duration;

use lyceum_core::{Restart, Value};
use lyceum_wire::{Address, AgentName, Endpoint};
use serde::{Deserialize, Serialize};

/// What a launcher needs to know to start an agent elsewhere, as one line of JSON.
///
/// It holds arguments and a secret: it goes through a pipe, or a file that nobody else can read,
/// never through a command line or an environment.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// Which agent is wanted.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Which start of the agent this is, counted from zero.
    pub generation: u32,
    /// Where its node listens, if it does. A host of zeros stands for the address by which its
    /// machine reaches the manager.
    pub endpoint: Option<Endpoint>,
    /// Where other machines reach the manager, if agents are there that may call this one, which is
    /// on its machine: its node listens there, too, at an address by which it reaches that.
    #[serde(default)]
    pub outside: Option<Endpoint>,
    /// The mailbox of the manager, which hears how it went.
    pub manager: Address,
    /// How the manager's node calls who knows where its other agents are; none if all are on its
    /// machine.
    #[serde(default)]
    pub directory: Option<AgentName>,
    /// What the manager's node wants to be shown.
    pub token: Option<String>,
    /// How often both sides give a sign of life.
    pub heartbeat: Duration,
    /// Whether it goes on when its manager is gone, for the next manager to find.
    #[serde(default)]
    pub outlives: bool,
}

/// Which agent is wanted.
#[derive(Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Wanted {
    /// The name of its type.
    pub kind: String,
    /// What it is made from.
    pub arguments: Value,
    /// Its name.
    pub name: AgentName,
    /// How it is restarted: by its manager, in a new process.
    pub restart: Option<Restart>,
    /// How often its first start is tried again.
    #[serde(default)]
    pub retries: u32,
    /// The action that says whether it is ready.
    #[serde(default)]
    pub ready: Option<String>,
    /// Its mailbox on an exchange.
    #[serde(default)]
    pub mailbox: Option<MailboxAt>,
}

/// A mailbox on an exchange, which its agent has again after each restart.
///
/// ```
/// use lyceum::manager::MailboxAt;
///
/// let mailbox = MailboxAt::new("academy+http://127.0.0.1:8700")
///     .id("00112233-4455-6677-8899-aabbccddeeff");
/// # let _ = mailbox;
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxAt {
    /// The URL of the exchange.
    pub(crate) url: String,
    pub(crate) id: Option<String>,
    /// What the exchange wants to be shown.
    pub(crate) token: Option<String>,
    /// Whether other members of its batch know the agent by it.
    #[serde(default)]
    pub(crate) is_known: bool,
}

impl Wanted {
    /// Asks for an agent of a type, made from this.
    pub(crate) fn new(kind: &str, arguments: Value, name: AgentName) -> Self {
        let kind = kind.into();
        Self { kind, arguments, name, restart: None, retries: 0, ready: None, mailbox: None }
    }
}

impl MailboxAt {
    /// Asks for a new mailbox on the exchange at a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), id: None, token: None, is_known: false }
    }

    /// Takes the mailbox of this id, a UUID, and what waits in it.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Shows this token to the exchange.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Has the members of a [batch](crate::Batch) know each other by their mailboxes, and not by
    /// where their nodes listen: for agents that do not reach each other, or shall hear of what
    /// was sent while they were away. Handles of members lead over the exchange then.
    ///
    /// The mailboxes are made when the batch starts, before its members: what these send each other
    /// waits there.
    pub fn known(mut self) -> Self {
        self.is_known = true;
        self
    }

    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }
}

/// Writes a UUID of random bits.
pub(crate) fn uuid(random: [u64; 2]) -> String {
    let bits = u128::from(random[0]) << 64 | u128::from(random[1]);
    // The bits that say that it is a random one.
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// Shows neither arguments nor secret.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?}, start {})", self.wanted, self.generation)
    }
}

/// Shows no arguments.
impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.kind, self.name)
    }
}

/// Shows no secret.
impl fmt::Debug for MailboxAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxAt({}, {:?})", self.url, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_say_that_they_are_random() {
        assert_eq!(uuid([0, 0]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid([u64::MAX, u64::MAX]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn secrets_are_not_shown() {
        let mailbox = MailboxAt::new("academy+http://127.0.0.1:1").token("hush");
        assert!(!format!("{mailbox:?}").contains("hush"));
    }
}
