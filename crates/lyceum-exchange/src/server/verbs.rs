//! What can be done with mailboxes besides their messages, whoever asks by whichever way.

use std::collections::BTreeMap;
use std::time::Duration;

use lyceum_wire::academy::{EntityId, Role};

use crate::mailbox::{
    MailboxError, MailboxId, Mailboxes, Profile, Query, RegisterError, Statistics,
};
use crate::server::Principal;
use crate::server::access::Verb;
use crate::server::hub::Hub;
use crate::server::words::entity;
use crate::store::{Level, Ticket};

/// Agents in one answer to a search.
const FOUND: usize = 10_000;

/// Checks that somebody may at least write to a mailbox.
pub(crate) fn known(
    principal: &Principal,
    mailbox: MailboxId,
    mailboxes: &Mailboxes,
) -> Result<(), MailboxError> {
    principal
        .check(Verb::Read, mailbox, mailboxes)
        .or_else(|_| principal.check(Verb::Write, mailbox, mailboxes))
}

impl Hub {
    /// Makes a mailbox, or leaves it as it is.
    pub(crate) fn register(
        &self,
        principal: &Principal,
        id: EntityId,
        types: Vec<String>,
        attributes: BTreeMap<String, String>,
    ) -> Result<Ticket, RegisterError> {
        let mailbox = MailboxId::new(id.uid);
        if !principal.may_make(mailbox) {
            return Err(RegisterError::NotYours(mailbox));
        }
        let is_agent = id.role == Role::Agent;
        let profile = Profile { is_agent, name: id.name, types, attributes };
        let (registered, ticket) = self.keeper.change(Level::Synced, |mailboxes, log| {
            let owner = match mailboxes.access(mailbox) {
                Some((owner, _)) if principal.may(Verb::Administer, mailbox, mailboxes) => {
                    owner.to_owned()
                }
                _ => principal.subject.clone(),
            };
            mailboxes.register(log, mailbox, profile, &owner)
        });
        registered.map(|()| ticket)
    }

    /// Ends a mailbox for good. One that is not there, or not for who asks, stays so.
    pub(crate) fn terminate(
        &self,
        principal: &Principal,
        mailbox: MailboxId,
    ) -> Result<Ticket, MailboxError> {
        let now = self.clock.now();
        let (ended, ticket) = self.keeper.change(Level::Synced, |mailboxes, log| {
            // Ending what is not there is no error, so that it tells nothing either.
            if principal.may(Verb::Administer, mailbox, mailboxes) {
                mailboxes.terminate(log, mailbox, now)
            } else {
                Ok(())
            }
        });
        ended.map(|()| ticket)
    }

    /// Notes that the program of a mailbox is alive. It is worth no wait.
    pub(crate) fn beat(
        &self,
        principal: &Principal,
        mailbox: MailboxId,
    ) -> Result<(), MailboxError> {
        let now = self.clock.now();
        let (noted, _worth_no_wait) = self.keeper.change(Level::Written, |mailboxes, log| {
            principal.check(Verb::Read, mailbox, mailboxes)?;
            mailboxes.beat(log, mailbox, now)
        });
        noted
    }

    /// Returns how long ago the program of a mailbox was alive.
    pub(crate) fn last_beat(
        &self,
        principal: &Principal,
        mailbox: MailboxId,
    ) -> Result<Option<Duration>, MailboxError> {
        let beat = self.keeper.look(|mailboxes| {
            known(principal, mailbox, mailboxes)?;
            mailboxes.last_beat(mailbox)
        })?;
        let now = self.clock.now();
        Ok(beat.map(|beat| now.since(beat)))
    }

    /// Returns what passed through a mailbox.
    pub(crate) fn statistics(
        &self,
        principal: &Principal,
        mailbox: MailboxId,
    ) -> Result<Statistics, MailboxError> {
        self.keeper.look(|mailboxes| {
            known(principal, mailbox, mailboxes)?;
            mailboxes.statistics(mailbox)
        })
    }

    /// Returns the agents that somebody may know of.
    pub(crate) fn find(&self, principal: &Principal, query: &Query) -> Vec<EntityId> {
        self.keeper.look(|mailboxes| {
            let visible = mailboxes.find(query).into_iter();
            let visible = visible.filter(|id| known(principal, *id, mailboxes).is_ok());
            let named = visible.filter_map(|id| Some(entity(id, mailboxes.profile(id)?)));
            named.take(FOUND).collect()
        })
    }
}
