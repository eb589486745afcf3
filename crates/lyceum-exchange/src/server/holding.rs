//! Which connection holds which mailbox.
//!
//! Programs of Academy do not say who they are. One that listens holds the mailbox until the
//! connection closes on which it listened last: a process that dies closes all of its connections,
//! and one that is alive listens again before it closes this one. So a stream that the server ended
//! can be taken up again without a message being delivered twice, and a new process is noticed.

mod links;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use links::{LinkHold, Links, Lost};

use crate::mailbox::{Journal, MailboxError, MailboxId, Mailboxes, Moment};
use crate::server::hub::Hub;
use crate::server::leaving::Handouts;
use crate::server::upgrade::Upgrade;
use crate::store::Level;

/// A program's hold on a mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub(crate) generation: u64,
    /// The connection that it ends with; none for those that ask again and again.
    connection: Option<u64>,
    /// The stream that is open.
    stream: Option<u64>,
    /// When it was last made use of.
    seen: Moment,
}

/// All holds.
pub(crate) type Holds = HashMap<MailboxId, Hold>;

/// A connection, which gives up what it holds when it is dropped.
pub(crate) struct Connection {
    pub(crate) number: u64,
    /// Where it comes from.
    pub(crate) address: Option<IpAddr>,
    /// What it was given to send, and has not sent.
    pub(crate) handouts: Handouts,
    hub: Arc<Hub>,
    upgrade: Mutex<Option<Upgrade>>,
}

impl Connection {
    pub(crate) fn new(hub: Arc<Hub>, address: Option<IpAddr>) -> Self {
        let number = hub.number();
        Self { number, address, handouts: Handouts::default(), hub, upgrade: Mutex::default() }
    }

    /// Has the connection become a link when the request under way is answered.
    pub(crate) fn becomes(&self, upgrade: Upgrade) {
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
    }

    /// Returns what it is to become.
    pub(crate) fn upgrade(&self) -> Option<Upgrade> {
        self.upgrade.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Hub {
    /// Has a mailbox held by a stream, and returns the generation and the number of the stream.
    ///
    /// Whoever says its generation must still be the holder. Anybody else is a new program, unless
    /// the former stream is over and its connection is still open.
    pub(crate) fn claim(
        &self,
        mailbox: MailboxId,
        connection: u64,
        generation: Option<u64>,
    ) -> Result<(u64, u64), MailboxError> {
        let now = self.clock.now();
        let mut holds = self.holds();
        let resumed = holds.get(&mailbox).filter(|hold| hold.stream.is_none());
        let generation = match (generation, resumed) {
            (Some(generation), _) => self.confirm(mailbox, generation)?,
            (None, Some(hold)) => hold.generation,
            (None, None) => self.reinstate_or_lease(&holds, mailbox, now)?,
        };
        let stream = self.number();
        let hold =
            Hold { generation, connection: Some(connection), stream: Some(stream), seen: now };
        holds.insert(mailbox, hold);
        Ok((generation, stream))
    }

    /// Returns the generation in whose name a request without a stream takes messages.
    pub(crate) fn claim_once(
        &self,
        mailbox: MailboxId,
        generation: Option<u64>,
    ) -> Result<u64, MailboxError> {
        let now = self.clock.now();
        let mut holds = self.holds();
        if let Some(generation) = generation {
            self.confirm(mailbox, generation)?;
        } else if let Some(hold) = holds.get_mut(&mailbox) {
            hold.seen = now;
            return Ok(hold.generation);
        }
        let generation = match generation {
            Some(generation) => generation,
            None => self.reinstate_or_lease(&holds, mailbox, now)?,
        };
        let hold = Hold { generation, connection: None, stream: None, seen: now };
        holds.entry(mailbox).and_modify(|hold| hold.seen = now).or_insert(hold);
        Ok(generation)
    }

    /// Gives a mailbox to a program that will say its generation.
    pub(crate) fn claim_named(&self, mailbox: MailboxId) -> Result<u64, MailboxError> {
        let now = self.clock.now();
        let mut holds = self.holds();
        let generation = self.lease(mailbox, now)?;
        holds.insert(mailbox, Hold { generation, connection: None, stream: None, seen: now });
        Ok(generation)
    }

    /// Gives a mailbox to the program that had it when the server last ended, or to a new one.
    fn reinstate_or_lease(
        &self,
        holds: &Holds,
        mailbox: MailboxId,
        now: Moment,
    ) -> Result<u64, MailboxError> {
        if !holds.contains_key(&mailbox) {
            let (resumed, _written_with_what_is_taken) = self
                .keeper
                .change(Level::Written, |mailboxes, log| mailboxes.reinstate(log, mailbox, now));
            if let Some(generation) = resumed {
                return Ok(generation);
            }
        }
        self.lease(mailbox, now)
    }

    /// Returns which programs hold which mailboxes now.
    pub(crate) fn held(&self) -> Vec<(MailboxId, u64)> {
        self.holds().iter().map(|(mailbox, hold)| (*mailbox, hold.generation)).collect()
    }

    /// Notes which programs were connected when the server ended in order.
    pub(crate) fn pause_all(&self, held: &[(MailboxId, u64)]) {
        let ((), _written_before_the_end) = self.keeper.change(Level::Written, |mailboxes, log| {
            for (mailbox, generation) in held {
                mailboxes.pause(log, *mailbox, *generation);
            }
        });
    }

    fn lease(&self, mailbox: MailboxId, now: Moment) -> Result<u64, MailboxError> {
        let lease =
            |mailboxes: &mut Mailboxes, log: &mut dyn Journal| mailboxes.lease(log, mailbox, now);
        let (generation, _written_with_what_is_taken) = self.keeper.change(Level::Written, lease);
        generation
    }

    fn confirm(&self, mailbox: MailboxId, generation: u64) -> Result<u64, MailboxError> {
        let current = self.keeper.look(|mailboxes| mailboxes.generation(mailbox))?;
        if current == generation {
            Ok(current)
        } else {
            Err(MailboxError::Stale { mailbox, given: generation, current })
        }
    }

    /// Returns whether that stream still is the one of its mailbox.
    pub(crate) fn is_current(&self, mailbox: MailboxId, stream: u64) -> bool {
        self.holds().get(&mailbox).is_some_and(|hold| hold.stream == Some(stream))
    }

    /// Notes that the server ended a stream, and that its program may listen again.
    pub(crate) fn pause(&self, mailbox: MailboxId, stream: u64) {
        let now = self.clock.now();
        let mut holds = self.holds();
        if let Some(hold) = holds.get_mut(&mailbox).filter(|hold| hold.stream == Some(stream)) {
            hold.stream = None;
            hold.seen = now;
        }
    }

    /// Gives up what a connection held that is closed.
    fn closed(&self, connection: u64) {
        let now = self.clock.now();
        self.release_where(now, |hold| hold.connection == Some(connection));
    }

    /// Gives up what programs held that ask again and again, and have not asked for long.
    pub(crate) fn release_idle(&self, now: Moment) {
        let stale = self.keeper.look(|mailboxes| mailboxes.limits().stale);
        self.release_where(now, |hold| hold.connection.is_none() && now.since(hold.seen) >= stale);
    }

    fn release_where(&self, now: Moment, is_over: impl Fn(&Hold) -> bool) {
        let mut holds = self.holds();
        let over: Vec<(MailboxId, u64)> = holds
            .iter()
            .filter(|(_, hold)| is_over(hold))
            .map(|(mailbox, hold)| (*mailbox, hold.generation))
            .collect();
        if over.is_empty() {
            return;
        }
        for (mailbox, _) in &over {
            holds.remove(mailbox);
        }
        let ((), _nothing_is_written) = self.keeper.change(Level::Written, |mailboxes, _| {
            for (mailbox, generation) in over {
                mailboxes.release(mailbox, generation, now);
            }
        });
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Before the mailbox counts as left, so that callers are told of what was delivered alone.
        self.handouts.clear();
        self.hub.closed(self.number);
    }
}
