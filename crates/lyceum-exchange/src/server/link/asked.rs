//! Questions of a node.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use lyceum_wire::academy::link::{Resume, Said, Statistics, TEXT_LIMIT, Verb};
use lyceum_wire::academy::{EntityId, Role};

use super::Link;
use super::outgoing::millis;
use crate::mailbox::{MailboxId, Query};
use crate::server::access::Verb as Right;
use crate::server::reply::Refusal;
use crate::server::sending::Terms;

impl Link {
    /// Answers a question, now or once it is safe.
    pub(super) fn asked(&mut self, id: u32, verb: Verb, body: Bytes) {
        if let Verb::Put { generation, durable, time_left_millis } = verb {
            let time_left = time_left_millis.map(Duration::from_millis);
            return self.put(id, &Terms { generation, durable, time_left }, body);
        }
        if let Err(refusal) = self.check_rate(&verb).and_then(|()| self.answer(id, verb)) {
            self.out.refuse(id, &refusal);
        }
    }

    /// Counts a question as a request of HTTP is counted. Messages are bounded by their mailboxes,
    /// and who gives something back is not hindered.
    fn check_rate(&self, verb: &Verb) -> Result<(), Refusal> {
        let is_free = matches!(verb, Verb::Release { .. } | Verb::Terminate { .. });
        if is_free || self.hub.rate.admits(&self.principal.subject, self.hub.clock.now()) {
            Ok(())
        } else {
            Err(Refusal::TooManyRequests)
        }
    }

    fn answer(&mut self, id: u32, verb: Verb) -> Result<(), Refusal> {
        let (hub, principal) = (&self.hub, &self.principal);
        match verb {
            Verb::Put { .. } => unreachable!("messages are put elsewhere"),
            Verb::Register { mailbox, classes } => {
                let classes = classes.unwrap_or_default();
                let ticket = hub.register(principal, mailbox, classes, BTreeMap::new())?;
                self.out.done(id, ticket);
            }
            Verb::Lease { mailbox, resume, credit } => {
                return self.lease(id, MailboxId::new(mailbox), resume, credit);
            }
            Verb::Release { mailbox, generation } => {
                self.leases.release(MailboxId::new(mailbox), generation, &mut self.out)?;
                self.out.done_at_once(id);
            }
            Verb::Terminate { mailbox } => {
                let ticket = hub.terminate(principal, MailboxId::new(mailbox))?;
                self.out.done(id, ticket);
            }
            Verb::Beat { mailbox } => {
                hub.beat(principal, MailboxId::new(mailbox))?;
                self.out.done_at_once(id);
            }
            Verb::LastBeat { mailbox } => {
                let ago = hub.last_beat(principal, MailboxId::new(mailbox))?;
                self.out.answer(id, Said::LastBeat { millis: ago.map(millis) });
            }
            Verb::Statistics { mailbox } => {
                let found = hub.statistics(principal, MailboxId::new(mailbox))?;
                let statistics = Statistics {
                    incoming: found.incoming,
                    outgoing: found.outgoing,
                    completed: found.completed,
                    in_progress: found.in_progress,
                    queued: found.queued,
                };
                self.out.answer(id, Said::Statistics(statistics));
            }
            Verb::Discover { class, with_descendants } => {
                let of_type = Some(class);
                let query = Query { of_type, subtypes: with_descendants, ..Query::default() };
                let found = hub.find(principal, &query);
                self.out.answer(id, Said::Found(fit(found)));
            }
            Verb::Find { name } => {
                let query = Query { name: Some(name), ..Query::default() };
                let mut found = hub.find(principal, &query);
                found.retain(|id| id.role == Role::Agent);
                self.out.answer(id, Said::Found(fit(found)));
            }
            _ => return Err(Refusal::Missing("a verb that this server has")),
        }
        Ok(())
    }

    fn lease(
        &mut self,
        id: u32,
        mailbox: MailboxId,
        resume: Option<Resume>,
        credit: u32,
    ) -> Result<(), Refusal> {
        let principal = &self.principal;
        self.hub.keeper.look(|mailboxes| principal.check(Right::Read, mailbox, mailboxes))?;
        if self.leases.is_full() {
            return Err(Refusal::TooManyRequests);
        }
        let generation = self.leases.lease(mailbox, resume, credit, &mut self.out)?;
        self.out.answer(id, Said::Leased { generation });
        Ok(())
    }
}

/// Leaves out what has no form on this wire: other exchanges admit longer names.
fn fit(mut found: Vec<EntityId>) -> Vec<EntityId> {
    for id in &mut found {
        id.name.take_if(|name| name.len() > TEXT_LIMIT);
    }
    found
}
