//! Who has a mailbox, and which message is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a mailbox, for as long as there are mailboxes: 128 random bits, written as a UUID.
///
/// ```
/// use lyceum_exchange::mailbox::MailboxId;
///
/// let id: MailboxId = "7e57d004-2b97-4e7a-b45f-5387367791cd".parse().unwrap();
/// assert_eq!(id.to_string(), "7e57d004-2b97-4e7a-b45f-5387367791cd");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailboxId(Uuid);

impl MailboxId {
    /// Wraps a UUID that the mailbox's owner drew at random.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxId({})", self.0)
    }
}

impl FromStr for MailboxId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Identifies a request: its sender, and the tag that he gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The mailbox that the answer goes to.
    pub sender: MailboxId,
    /// Drawn by the sender, and never again for another request.
    pub tag: Uuid,
}
