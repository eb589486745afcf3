//! The mailboxes that a node holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::BytesMut;
use lyceum_wire::academy::Uuid;
use lyceum_wire::academy::link::{CREDIT_LIMIT, Resume, ToClient, Why};

use super::outgoing::{Outgoing, append};
use crate::mailbox::{MailboxError, MailboxId, Sequence};
use crate::server::hub::Hub;
use crate::server::metrics::count;
use crate::store::{Bell, Level, Taken};

/// Messages that are taken at once, and about how many bytes.
const BATCH: (u32, u64) = (64, 1 << 20);

/// Mailboxes that one node holds.
const LIMIT: usize = 65_536;

/// The mailboxes of one link.
pub(super) struct Leases {
    hub: Arc<Hub>,
    /// The number of the link.
    number: u64,
    bell: Arc<Bell>,
    held: HashMap<MailboxId, Lease>,
    /// Mailboxes of which nothing can be taken down just now, since the disk is full.
    stuck: Vec<MailboxId>,
}

struct Lease {
    generation: u64,
    /// How many messages may still be sent.
    credit: u32,
    /// How many groups of messages wait for the disk. Later ones wait behind them, in order.
    behind: usize,
}

impl Leases {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        let number = hub.number();
        Self { hub, number, bell: Arc::default(), held: HashMap::new(), stuck: Vec::new() }
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
        let (generation, ticket) = match resume {
            None => self.hub.lease_to_link(mailbox, self.number)?,
            Some(Resume { generation, held }) => {
                let held: HashSet<Sequence> = held.into_iter().collect();
                self.hub.resume_link(mailbox, generation, &held, self.number)?
            }
        };
        out.wait_for(ticket);
        self.held.insert(mailbox, Lease { generation, credit, behind: 0 });
        self.hub.keeper.hang(mailbox, &self.bell);
        Ok(generation)
    }

    /// Leaves a mailbox in good order.
    pub(super) fn release(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        out: &mut Outgoing,
    ) -> Result<(), MailboxError> {
        let is_held = self.held.get(&mailbox).is_some_and(|lease| lease.generation == generation);
        if !is_held {
            return Ok(());
        }
        self.held.remove(&mailbox);
        self.hub.keeper.unhang(mailbox, &self.bell);
        if !self.is_mine(mailbox) {
            return Ok(());
        }
        self.hub.linked().remove(&mailbox);
        let now = self.hub.clock.now();
        let (left, ticket) = self.hub.keeper.change(Level::Written, |mailboxes, log| {
            mailboxes.leave(log, mailbox, generation, now)
        });
        out.wait_for(ticket);
        left
    }

    /// Returns whether no other link holds a mailbox by now.
    fn is_mine(&self, mailbox: MailboxId) -> bool {
        self.hub.linked().get(&mailbox) == Some(&self.number)
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
        if lease.generation != generation {
            return;
        }
        lease.credit = lease.credit.saturating_add(credit).min(CREDIT_LIMIT);
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

    /// Takes what is new in the mailboxes, as far as there is credit.
    pub(super) async fn deliver(&mut self, out: &mut Outgoing) {
        for mailbox in self.bell.answer() {
            if out.is_long() {
                // The rest comes when this is sent.
                self.bell.ring(mailbox);
                continue;
            }
            let Some(lease) = self.held.get(&mailbox) else { continue };
            let (generation, most) = (lease.generation, lease.credit.min(BATCH.0));
            if lease.behind > 0 {
                continue;
            }
            // Without credit it is still to be heard whether the mailbox is this node's.
            let most = (most as usize, if most == 0 { 0 } else { BATCH.1 });
            match self.take(mailbox, generation, most) {
                Ok(taken) => self.send(mailbox, taken, out).await,
                Err(MailboxError::StorageFull) if most.0 > 0 => self.stuck.push(mailbox),
                Err(MailboxError::StorageFull) => {}
                Err(error) => self.lose(mailbox, generation, error, out),
            }
        }
    }

    /// Takes messages, unless another link of the same program holds the mailbox by now: this one
    /// is dead then, and would take them with it.
    fn take(
        &self,
        mailbox: MailboxId,
        generation: u64,
        most: (usize, u64),
    ) -> Result<Taken, MailboxError> {
        let linked = self.hub.linked();
        if linked.get(&mailbox) == Some(&self.number) {
            return self.hub.keeper.take(mailbox, generation, most);
        }
        Err(MailboxError::Stale { mailbox, given: generation, current: generation })
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
        let sent = u32::try_from(taken.parcels.len()).expect("a batch is small");
        lease.credit -= sent;
        let bytes: u64 = taken.parcels.iter().map(|(one, _)| u64::from(one.place.length)).sum();
        if sent >= BATCH.0 || bytes >= BATCH.1 || lease.credit == 0 {
            // There may be more.
            self.bell.ring(mailbox);
        }
        out.wait_for(taken.ticket);
        let mut frames = BytesMut::new();
        for (parcel, body) in taken.parcels {
            let body = match body {
                Some(body) => body,
                None => match self.hub.read(taken.ticket, parcel.place).await {
                    Ok(body) => body,
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "a message cannot be read");
                        continue;
                    }
                },
            };
            count(&self.hub.metrics.delivered);
            let head = ToClient::Deliver {
                mailbox: mailbox.uuid(),
                generation: lease.generation,
                sequence: parcel.sequence,
                attempt: parcel.deliveries,
            };
            append(&head, &body, &mut frames);
        }
        drop(taken.pin);
        let synced = self.hub.keeper.synced().unwrap_or_default();
        lease.behind += usize::from(out.messages(mailbox, &frames, taken.synced, synced));
        self.hub.room.notify_waiters();
    }

    fn lose(
        &mut self,
        mailbox: MailboxId,
        generation: u64,
        error: MailboxError,
        out: &mut Outgoing,
    ) {
        self.held.remove(&mailbox);
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

/// What a node held that is gone is lost in a while, unless it comes back.
impl Drop for Leases {
    fn drop(&mut self) {
        for (mailbox, lease) in self.held.drain() {
            self.hub.keeper.unhang(mailbox, &self.bell);
            self.hub.lose(mailbox, lease.generation, self.number);
        }
    }
}
