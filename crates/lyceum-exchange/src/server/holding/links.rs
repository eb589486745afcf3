//! Which link holds which mailbox.
//!
//! A program keeps its generation when it comes back over a new link, and the old one may not know
//! yet that it is dead. So a hold is that of a link, by its number: only the latest may take
//! messages, and only its end counts.

use std::collections::{HashMap, HashSet};

use crate::mailbox::{Journal, MailboxError, MailboxId, Mailboxes, Moment, Sequence};
use crate::server::hub::Hub;
use crate::store::{Level, Taken, Ticket};

/// The numbers of the links that hold mailboxes.
pub(crate) type Links = HashMap<MailboxId, u64>;

/// Holds of links that are gone, and since when. Their programs may come back.
pub(crate) type Lost = HashMap<MailboxId, (u64, Moment)>;

/// A hold of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkHold {
    pub(crate) mailbox: MailboxId,
    pub(crate) generation: u64,
    /// The number of the link.
    pub(crate) link: u64,
}

impl Hub {
    /// Gives a mailbox to a link, and returns the hold and what to wait for.
    pub(crate) fn lease_to_link(
        &self,
        mailbox: MailboxId,
        link: u64,
    ) -> Result<(LinkHold, Ticket), MailboxError> {
        let now = self.clock.now();
        let (mut links, mut holds) = (self.links(), self.holds());
        let (generation, ticket) =
            self.keeper.change(Level::Written, |mailboxes, log| mailboxes.lease(log, mailbox, now));
        let generation = generation?;
        holds.remove(&mailbox);
        links.insert(mailbox, link);
        Ok((LinkHold { mailbox, generation, link }, ticket))
    }

    /// Lets the program of a generation go on, on another link. The former one has it no more.
    pub(crate) fn resume_link(
        &self,
        hold: LinkHold,
        held: &HashSet<Sequence>,
    ) -> Result<Ticket, MailboxError> {
        let LinkHold { mailbox, generation, link } = hold;
        let mut links = self.links();
        let (resumed, ticket) = self.keeper.change(Level::Written, |mailboxes, log| {
            mailboxes.resume(log, mailbox, generation, held)
        });
        resumed?;
        links.insert(mailbox, link);
        self.lost().remove(&mailbox);
        Ok(ticket)
    }

    /// Gives a link the next messages of a mailbox, or those that do not wait behind requests.
    pub(crate) fn take_for_link(
        &self,
        hold: LinkHold,
        most: (usize, u64),
        is_urgent: bool,
    ) -> Result<Taken, MailboxError> {
        let LinkHold { mailbox, generation, link } = hold;
        let links = self.links();
        if links.get(&mailbox) != Some(&link) {
            let given = generation;
            return Err(MailboxError::Stale { mailbox, given, current: generation });
        }
        self.keeper.take(mailbox, generation, most, is_urgent)
    }

    /// Takes a mailbox from a program that leaves it in good order.
    pub(crate) fn leave_link(&self, hold: LinkHold) -> Result<Option<Ticket>, MailboxError> {
        let now = self.clock.now();
        let mut links = self.links();
        if !forget(&mut links, hold) {
            return Ok(None);
        }
        let (left, ticket) = self.keeper.change(Level::Written, |mailboxes, log| {
            mailboxes.leave(log, hold.mailbox, hold.generation, now)
        });
        left.map(|()| Some(ticket))
    }

    /// Forgets the hold of a link that has lost a mailbox to another program.
    pub(crate) fn forget_link(&self, hold: LinkHold) {
        forget(&mut self.links(), hold);
    }

    /// Notes that the link is gone by which a program held a mailbox.
    pub(crate) fn lose(&self, hold: LinkHold) {
        let LinkHold { mailbox, generation, .. } = hold;
        let now = self.clock.now();
        let mut links = self.links();
        if !forget(&mut links, hold) {
            return;
        }
        let is_holder = |mailboxes: &mut Mailboxes, _: &mut dyn Journal| {
            let is_holder = mailboxes.holder(mailbox) == Some(generation);
            mailboxes.release(mailbox, generation, now);
            is_holder
        };
        let (is_holder, _nothing_is_written) = self.keeper.change(Level::Written, is_holder);
        if is_holder {
            self.lost().insert(mailbox, (generation, now));
        }
    }

    /// Gives up what programs held whose links are gone, and that did not come back in time.
    pub(crate) fn give_up_lost(&self, now: Moment) {
        let over: Vec<(MailboxId, u64)> = {
            let mut lost = self.lost();
            let limit = self.settings.resume;
            let over = lost.extract_if(|_, (_, since)| now.since(*since) >= limit);
            over.map(|(mailbox, (generation, _))| (mailbox, generation)).collect()
        };
        for (mailbox, generation) in over {
            let (left, _worth_no_wait) = self.keeper.change(Level::Written, |mailboxes, log| {
                match mailboxes.holder(mailbox) {
                    Some(_) => Ok(()),
                    None => mailboxes.leave(log, mailbox, generation, now),
                }
            });
            if let Err(MailboxError::StorageFull) = left {
                self.lost().insert(mailbox, (generation, now));
            }
        }
    }
}

/// Forgets a hold; says whether it counted.
fn forget(links: &mut Links, hold: LinkHold) -> bool {
    let is_current = links.get(&hold.mailbox) == Some(&hold.link);
    if is_current {
        links.remove(&hold.mailbox);
    }
    is_current
}
