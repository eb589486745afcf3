//! Which actions of which agents are durable, as their mailboxes say.
//!
//! Each durable action of an agent is an attribute of its mailbox, which the exchange keeps while
//! the agent is away. The value is the mailbox's own number, so that a search for it finds that one
//! or nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lyceum_core::Time;
use lyceum_wire::academy::Uuid;
use lyceum_wire::{ActionDescription, AgentDescription};

use super::service::Service;
use super::{Attributes, Mailbox, MailboxError};

/// What the attributes are called before the names of actions.
const ATTRIBUTE: &str = "lyceum.durable.";

/// Durable actions of one agent.
const ACTION_LIMIT: usize = 96;

/// Bytes of the name of an action that can be said to be durable.
const NAME_LIMIT: usize = 128;

/// Actions that are known at a time.
const KNOWN_LIMIT: usize = 4096;

/// How long it counts what an exchange said: another program may have the mailbox since.
const FRESH: Duration = Duration::from_secs(60);

/// Which actions are durable, as far as exchanges said it lately.
#[derive(Debug, Default)]
pub(super) struct Deliveries(Mutex<HashMap<(Uuid, String), Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    is_durable: bool,
    until: Time,
}

/// Returns the attributes that say which actions of an agent are durable; none if these are too
/// many, or have names that are too long.
pub(super) fn attributes(description: &AgentDescription, uid: Uuid) -> Option<Attributes> {
    let durable = |action: &&ActionDescription| action.durable;
    let names = description.actions.iter().filter(durable).map(|action| &action.name);
    let names: Vec<&String> = names.collect();
    let is_fit = names.len() <= ACTION_LIMIT && names.iter().all(|name| name.len() <= NAME_LIMIT);
    let attribute = |name: &String| (format!("{ATTRIBUTE}{name}"), uid.to_string());
    is_fit.then(|| names.into_iter().map(attribute).collect())
}

impl Deliveries {
    fn known(&self, to: Uuid, action: &str, now: Time) -> Option<bool> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&(to, action.to_owned()))?;
        (now < known.until).then_some(known.is_durable)
    }

    fn note(&self, to: Uuid, action: &str, is_durable: bool, now: Time) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_LIMIT {
            known.retain(|_, known| now < known.until);
        }
        if known.len() >= KNOWN_LIMIT {
            // It can be asked for again.
            known.clear();
        }
        known.insert((to, action.to_owned()), Known { is_durable, until: now + FRESH });
    }
}

impl Service {
    /// Returns whether an action is durable, if that is known without asking.
    pub(super) fn knows_durable(&self, to: Uuid, action: &str) -> Option<bool> {
        if action.len() > NAME_LIMIT {
            return Some(false);
        }
        self.deliveries.known(to, action, self.door.now())
    }

    /// Asks the exchange whether an action is durable.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets what came.
    pub(super) async fn ask_durable(
        &self,
        mailbox: &dyn Mailbox,
        to: Uuid,
        action: &str,
    ) -> Result<bool, MailboxError> {
        if let Some(known) = self.knows_durable(to, action) {
            return Ok(known);
        }
        let name = format!("{ATTRIBUTE}{action}");
        let found = mailbox.with_attribute(&name, &to.to_string()).await?;
        let is_durable = found.iter().any(|id| id.uid == to);
        self.deliveries.note(to, action, is_durable, self.door.now());
        Ok(is_durable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_counts_for_a_while_and_is_bounded() {
        let (deliveries, now) = (Deliveries::default(), Time::from_nanos(0));
        deliveries.note(Uuid::nil(), "book", true, now);
        assert_eq!(deliveries.known(Uuid::nil(), "book", now), Some(true));
        assert_eq!(deliveries.known(Uuid::max(), "book", now), None);
        assert_eq!(deliveries.known(Uuid::nil(), "book", now + FRESH), None);
        for number in 0..2 * KNOWN_LIMIT {
            deliveries.note(Uuid::from_u128(number as u128), "add", false, now);
        }
        assert!(deliveries.0.lock().unwrap().len() <= KNOWN_LIMIT);
    }
}
