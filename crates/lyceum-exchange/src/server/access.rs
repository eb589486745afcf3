//! Who may do what with which mailbox.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mailbox::{MailboxError, MailboxId, Mailboxes};

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What he registers belongs to this name.
    pub subject: String,
    /// Mailboxes that are shared with one of these groups are as good as his own.
    pub groups: BTreeSet<String>,
    /// What he may do.
    pub rights: Rights,
}

/// What somebody may do, and with which mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Receive from them, send in their name, and ask how they are.
    pub read: Which,
    /// Send to them, and find them.
    pub write: Which,
    /// Make, end and share them, and see to their dead letters.
    pub administer: Which,
}

/// Some mailboxes.
///
/// ```
/// use lyceum_exchange::server::Which;
///
/// assert_eq!("own".parse(), Ok(Which::Own));
/// assert_eq!("all".parse(), Ok(Which::All));
/// assert!("everything".parse::<Which>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Which {
    /// None.
    #[default]
    None,
    /// Those that belong to him or are shared with one of his groups.
    Own,
    /// These, whoever they belong to.
    These(BTreeSet<MailboxId>),
    /// All.
    All,
}

/// Something that can be done with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    Administer,
}

impl Principal {
    /// Everybody, where nobody has to say who he is.
    pub(crate) fn anybody() -> Self {
        let rights = Rights { read: Which::Own, write: Which::Own, administer: Which::Own };
        Self { subject: String::new(), groups: BTreeSet::new(), rights }
    }

    fn which(&self, verb: Verb) -> &Which {
        match verb {
            Verb::Read => &self.rights.read,
            Verb::Write => &self.rights.write,
            Verb::Administer => &self.rights.administer,
        }
    }

    /// Returns whether he may do that. There is no such mailbox for him otherwise.
    pub(crate) fn may(&self, verb: Verb, mailbox: MailboxId, mailboxes: &Mailboxes) -> bool {
        let Some((owner, mut groups)) = mailboxes.access(mailbox) else { return false };
        match self.which(verb) {
            Which::None => false,
            Which::All => true,
            Which::These(these) => these.contains(&mailbox),
            Which::Own => owner == self.subject || groups.any(|group| self.groups.contains(group)),
        }
    }

    /// Checks that he may do that; the error is the same as for a mailbox that is not there.
    pub(crate) fn check(
        &self,
        verb: Verb,
        mailbox: MailboxId,
        mailboxes: &Mailboxes,
    ) -> Result<(), MailboxError> {
        if self.may(verb, mailbox, mailboxes) {
            Ok(())
        } else {
            Err(MailboxError::Unknown(mailbox))
        }
    }

    /// Returns whether he may make a mailbox with that id.
    pub(crate) fn may_make(&self, mailbox: MailboxId) -> bool {
        match &self.rights.administer {
            Which::None => false,
            Which::Own | Which::All => true,
            Which::These(these) => these.contains(&mailbox),
        }
    }

    /// Returns whether he sees to the whole exchange.
    pub(crate) fn sees_all(&self) -> bool {
        self.rights.administer == Which::All || self.subject.is_empty()
    }
}

/// Says why a text does not name mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not none, own, all, or ids of mailboxes with commas between them")]
pub struct ParseWhichError(String);

impl FromStr for Which {
    type Err = ParseWhichError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "own" => Ok(Self::Own),
            "all" => Ok(Self::All),
            _ => {
                let these = text.split(',').map(|id| id.trim().parse::<MailboxId>());
                let these: Result<_, _> = these.collect();
                these.map(Self::These).map_err(|_| ParseWhichError(text.into()))
            }
        }
    }
}

impl TryFrom<String> for Which {
    type Error = ParseWhichError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Which> for String {
    fn from(which: Which) -> Self {
        which.to_string()
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Own => f.write_str("own"),
            Self::All => f.write_str("all"),
            Self::These(these) => {
                let these: Vec<String> = these.iter().map(ToString::to_string).collect();
                f.write_str(&these.join(","))
            }
        }
    }
}
