//! The mailboxes that a node holds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::BytesMut;
use lyceum_wire::academy::Uuid;
use lyceum_wire::academy::link::{CREDIT_LIMIT, Resume, ToClient, Why};

use super::outgoing::{Outgoing, append};
use crate::mailbox::{Failure, LetterKind, MailboxError, MailboxId, Parcel, Sequence};
use crate::server::holding::LinkHold;
use crate::server::hub::Hub;
use crate::server::metrics::count;
use crate::store::{Bell, Level, Taken, Ticket};

/// Messages that are taken at once, and about how many bytes.
const BATCH: (u32, u64) = (64, 1 << 20);

/// Answers and cancellations that are sent without credit: a node takes them in at once, also where
/// its agents have all the requests that they can hold.
const DEBT: i64 = 512;

/// Mailboxes that one node holds.
const LIMIT: usize = 65_536;

/// The mailboxes of one link.
pub(super) struct Leases {
    hub: Arc<Hub>,
    /// The number of the link.
    link: u64,
    bell: Arc<Bell>,
    held: HashMap<MailboxId, Lease>,
    /// Mailboxes in which something is new, and that had no turn yet.
    rung: BTreeSet<MailboxId>,
    /// Those that had a turn and have more.
    again: BTreeSet<MailboxId>,
    /// Whose turn comes after this one's.
    last: Option<MailboxId>,
    /// Mailboxes of which nothing can be taken down just now, since the disk is full.
    stuck: Vec<MailboxId>,
}

struct Lease {
    hold: LinkHold,
    /// How many messages may still be sent. It is below zero where more were sent that do not wait
    /// behind requests.
    credit: i64,
    /// How many groups of messages wait for the disk. Later ones wait behind them, in order.
    behind: usize,
}

impl Leases {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self {
            link: hub.number(),
            hub,
            bell: Arc::default(),
            held: HashMap::new(),
            rung: BTreeSet::new(),
            again: BTreeSet::new(),
            last: None,
            stuck: Vec::new(),
        }
    }

    /// Returns what is rung when there is something to deliver.
    pub(super) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= LIMIT
    }

    /// Holds a mailbox from now on, and returns the generation.
    pub(super) fn lease(
        &mut self,
        mailbox: MailboxId,
        resume: Option<Resume>,
        credit: u32,
        out: &mut Outgoing,
    ) -> Result<u64, MailboxError> {
        let (hold, ticket) = match resume {
            None => self.hub.lease_to_link(mailbox, self.link)?,
            Some(Resume { generation, held }) => {
                let held: HashSet<Sequence> = held.into_iter().collect();
                let hold = LinkHold { mailbox, generation, link: self.link };
                (hold, self.hub.resume_link(hold, &held)?)
            }
        };
        out.wait_for(ticket);
        self.held.insert(mailbox, Lease { hold, credit: credit.into(), behind: 0 });
        self.hub.keeper.hang(mailbox, &self.bell);
        Ok(hold.generation)
    }

    /// Leaves a mailbox in good order.
    pub(super) fn release(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        out: &mut Outgoing,
    ) -> Result<(), MailboxError> {
        let known = self.held.get(&mailbox).map(|lease| lease.hold);
        let Some(hold) = known.filter(|hold| hold.generation == generation) else { return Ok(()) };
        self.held.remove(&mailbox);
        self.hub.keeper.unhang(mailbox, &self.bell);
        if let Some(ticket) = self.hub.leave_link(hold)? {
            out.wait_for(ticket);
        }
        Ok(())
    }

    /// Notes that a node has messages, so that more may come.
    pub(super) fn received(
        &mut self,
        (mailbox, generation): (Uuid, u64),
        answers: &[Sequence],
        credit: u32,
        out: &mut Outgoing,
    ) {
        let mailbox = MailboxId::new(mailbox);
        let Some(lease) = self.held.get_mut(&mailbox) else { return };
        if lease.hold.generation != generation {
            return;
        }
        lease.credit = (lease.credit + i64::from(credit)).min(CREDIT_LIMIT.into());
        self.bell.ring(mailbox);
        if answers.is_empty() {
            return;
        }
        let (acknowledged, ticket) = self.hub.keeper.change(Level::Written, |mailboxes, log| {
            answers
                .iter()
                .try_for_each(|answer| mailboxes.acknowledge(log, mailbox, generation, *answer))
        });
        if let Err(error) = acknowledged {
            // It will be delivered once more, which does no harm.
            tracing::debug!(%error, "an answer is not acknowledged");
        }
        out.wait_for(ticket);
    }

    /// Takes what is new in the mailboxes, as far as there is credit, and until as much is on its
    /// way as may be. The others have their turns later.
    pub(super) async fn deliver(&mut self, out: &mut Outgoing) {
        self.rung.append(&mut self.bell.answer());
        while !out.is_full()
            && let Some(mailbox) = self.turn()
        {
            let Some(lease) = self.held.get(&mailbox) else { continue };
            let (hold, most, is_urgent) = (lease.hold, lease.most(), lease.credit <= 0);
            if lease.behind > 0 {
                continue;
            }
            match self.hub.take_for_link(hold, most, is_urgent) {
                Ok(taken) => self.send(mailbox, taken, out).await,
                Err(MailboxError::StorageFull) if most.0 > 0 => self.stuck.push(mailbox),
                Err(MailboxError::StorageFull) => {}
                Err(error) => self.lose(hold, error, out),
            }
        }
        self.rung.append(&mut self.again);
    }

    /// Returns whether some mailboxes had no turn yet.
    pub(super) fn has_more(&self) -> bool {
        !self.rung.is_empty()
    }

    /// Takes out the mailbox whose turn it is: the next one after the last, round and round.
    fn turn(&mut self) -> Option<MailboxId> {
        use std::ops::Bound::{Excluded, Unbounded};
        let last = self.last.take();
        let next = last.and_then(|last| self.rung.range((Excluded(last), Unbounded)).next());
        let next = *next.or_else(|| self.rung.first())?;
        self.rung.remove(&next);
        self.last = Some(next);
        Some(next)
    }

    /// Tries again what could not be taken.
    pub(super) fn unstick(&mut self) {
        self.stuck.drain(..).for_each(|mailbox| self.bell.ring(mailbox));
    }

    async fn send(&mut self, mailbox: MailboxId, taken: Taken, out: &mut Outgoing) {
        let Some(lease) = self.held.get_mut(&mailbox) else { return };
        if taken.parcels.is_empty() {
            return;
        }
        lease.credit -= i64::try_from(taken.parcels.len()).expect("a batch is small");
        out.wait_for(taken.ticket);
        let mut frames = BytesMut::new();
        for (parcel, body) in taken.parcels {
            let read = match body {
                Some(body) => Ok(body),
                None => self.hub.read(taken.ticket, parcel.place).await,
            };
            let head = ToClient::Deliver {
                mailbox: mailbox.uuid(),
                generation: lease.hold.generation,
                sequence: parcel.sequence,
                attempt: parcel.deliveries,
            };
            let is_sent = match read {
                Ok(body) => append(&head, &body, &mut frames),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "a message cannot be read");
                    false
                }
            };
            if is_sent {
                count(&self.hub.metrics.delivered);
            } else {
                lease.credit += 1;
                out.wait_for(fail(&self.hub, &lease.hold, &parcel));
            }
        }
        drop(taken.pin);
        let owes_less = lease.credit > -DEBT;
        if (taken.has_more && lease.credit > 0) || (taken.has_urgent && owes_less) {
            self.again.insert(mailbox);
        }
        let synced = self.hub.keeper.synced().unwrap_or_default();
        lease.behind += usize::from(out.messages(mailbox, &frames, taken.synced, synced));
        self.hub.room.notify_waiters();
    }

    fn lose(&mut self, hold: LinkHold, error: MailboxError, out: &mut Outgoing) {
        let LinkHold { mailbox, generation, .. } = hold;
        self.held.remove(&mailbox);
        self.hub.forget_link(hold);
        self.hub.keeper.unhang(mailbox, &self.bell);
        let why = match error {
            MailboxError::Stale { .. } => Why::Replaced,
            _ => Why::Terminated,
        };
        out.say(&ToClient::Lost { mailbox: mailbox.uuid(), generation, why });
    }

    /// Lets mailboxes go on whose messages are on disk.
    pub(super) fn settled(&mut self, mailboxes: Vec<MailboxId>) {
        for mailbox in mailboxes {
            if let Some(lease) = self.held.get_mut(&mailbox) {
                lease.behind = lease.behind.saturating_sub(1);
                self.bell.ring(mailbox);
            }
        }
    }
}

impl Lease {
    /// Returns how much is taken at once. Where nothing may be sent, it is still to be heard
    /// whether the mailbox is this node's.
    fn most(&self) -> (usize, u64) {
        let most = if self.credit > 0 { self.credit } else { self.credit + DEBT };
        let most = usize::try_from(most).unwrap_or(0).min(BATCH.0 as usize);
        (most, if most == 0 { 0 } else { BATCH.1 })
    }
}

/// What a node held that is gone is lost in a while, unless it comes back.
impl Drop for Leases {
    fn drop(&mut self) {
        for (mailbox, lease) in self.held.drain() {
            self.hub.keeper.unhang(mailbox, &self.bell);
            self.hub.lose(lease.hold);
        }
    }
}

/// Ends a message that cannot be delivered, and tells its sender.
fn fail(hub: &Hub, hold: &LinkHold, parcel: &Parcel) -> Ticket {
    let Parcel { sequence, deliveries, .. } = *parcel;
    let (done, ticket) = hub.keeper.change(Level::Written, |mailboxes, log| {
        if parcel.letter.kind == LetterKind::Response {
            return mailboxes.acknowledge(log, hold.mailbox, hold.generation, sequence);
        }
        mailboxes.refuse(log, sequence, Failure::Undeliverable { deliveries });
        Ok(())
    });
    if let Err(error) = done {
        // It is delivered once more to the next program, and fails then.
        tracing::debug!(%error, "a message that cannot be delivered stays");
    }
    ticket
}
