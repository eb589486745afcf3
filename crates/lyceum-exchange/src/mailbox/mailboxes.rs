//! The exchange's mailboxes, as a state machine.

use std::collections::{HashMap, HashSet};

use crate::mailbox::change::Change;
use crate::mailbox::entry::{Entry, Mailbox, Statistics, Status};
use crate::mailbox::lane::Cancels;
use crate::mailbox::reinstate::Doubt;
use crate::mailbox::state::State;
use crate::mailbox::{
    End, Event, Failure, Journal, LetterKind, Limits, MailboxError, MailboxId, MessageId, Moment,
    Notice, Place, Profile, Query, RegisterError, Sequence, Wording,
};

/// All mailboxes of an exchange, without I/O and without a clock.
///
/// Each verb decides, has a [`Journal`] take down what happened, and changes the state by that and
/// nothing else, so that the same events make the same state again.
#[derive(Debug)]
pub struct Mailboxes {
    pub(crate) state: State,
    pub(crate) limits: Limits,
    pub(crate) wording: Wording,
    /// Programs that are connected now, by generation.
    pub(crate) holders: HashMap<MailboxId, u64>,
    /// Since when a mailbox that has taken messages is without a program.
    pub(crate) lost_since: HashMap<MailboxId, Moment>,
    /// Programs that may be those from before a restart, or new ones.
    pub(crate) doubts: HashMap<MailboxId, Doubt>,
    /// What waits in mailboxes and cancels requests.
    pub(crate) cancels: HashMap<MailboxId, Cancels>,
    /// Mailboxes in which something new waits.
    pub(crate) woken: Vec<MailboxId>,
}

impl Mailboxes {
    /// Makes an exchange without mailboxes.
    pub fn new(limits: Limits, wording: Wording) -> Self {
        Self {
            state: State::default(),
            limits,
            wording,
            holders: HashMap::new(),
            lost_since: HashMap::new(),
            doubts: HashMap::new(),
            cancels: HashMap::new(),
            woken: Vec::new(),
        }
    }

    /// Returns the bounds on what is kept.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets an event take effect that a journal has had since before a restart.
    pub fn replay_event(&mut self, event: Event, place: Place) {
        self.state.apply(event, place, &self.limits);
    }

    /// Takes in a key and its value as [`changes`](Self::changes) gave them, keys in their order.
    ///
    /// Says whether they can be read.
    pub fn restore(&mut self, key: &[u8], value: &[u8]) -> bool {
        self.state.restore(key, value).is_some()
    }

    /// Returns what has changed since the last time, for a store's index.
    pub fn changes(&mut self) -> Vec<Change> {
        self.state.changes()
    }

    /// Notes that changes could not be kept, so that they come again.
    pub fn changed_again(&mut self, changes: &[Change]) {
        self.state.changed_again(changes);
    }

    /// Takes the list of mailboxes in which something new waits, or that are gone.
    pub fn take_woken(&mut self) -> Vec<MailboxId> {
        std::mem::take(&mut self.woken)
    }

    /// Makes a mailbox, or updates what is known of it; the messages in it stay.
    ///
    /// # Errors
    ///
    /// Says why there is no such mailbox of this owner now.
    pub fn register(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        profile: Profile,
        owner: &str,
    ) -> Result<(), RegisterError> {
        let (size, limit) = (profile.size(), self.limits.profile);
        if size > limit {
            return Err(RegisterError::ProfileTooLarge { size, limit });
        }
        match self.state.mailboxes.get(&mailbox) {
            Some(known) if known.owner != owner => return Err(RegisterError::NotYours(mailbox)),
            Some(known) if known.is_terminated => return Err(RegisterError::Terminated(mailbox)),
            // Academy registers without types what was registered with them before.
            Some(known) if known.profile == profile || profile.types.is_empty() => return Ok(()),
            Some(_) => {}
            None => {
                let owned = self.state.owned.get(owner).copied().unwrap_or_default();
                let limits = &self.limits;
                if owned >= limits.mailboxes_per_owner {
                    return Err(RegisterError::TooMany { limit: limits.mailboxes_per_owner });
                }
                let all = self.state.mailboxes.len() - self.state.gravestones.len();
                if all >= limits.mailboxes {
                    return Err(RegisterError::TooMany { limit: limits.mailboxes });
                }
            }
        }
        if journal.room() < size as u64 {
            return Err(RegisterError::StorageFull);
        }
        self.emit(journal, Event::Registered { mailbox, profile, owner: owner.into() }, &[]);
        Ok(())
    }

    /// Shares a mailbox with a group, or no longer.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox, or that it is shared with too many.
    pub fn share(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        group: &str,
        is_shared: bool,
    ) -> Result<(), MailboxError> {
        let limit = self.limits.groups;
        let known = self.open(mailbox)?;
        if known.groups.contains(group) == is_shared {
            return Ok(());
        }
        if is_shared && known.groups.len() >= limit {
            return Err(MailboxError::TooManyGroups { mailbox, limit });
        }
        reserve(journal)?;
        self.emit(journal, Event::Shared { mailbox, group: group.into(), is_shared }, &[]);
        Ok(())
    }

    /// Returns the groups that a mailbox is shared with.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn groups(&self, mailbox: MailboxId) -> Result<Vec<String>, MailboxError> {
        Ok(self.open(mailbox)?.groups.iter().cloned().collect())
    }

    /// Returns whose a mailbox is, and the groups that may use it, also after its end.
    pub fn access(&self, mailbox: MailboxId) -> Option<(&str, impl Iterator<Item = &str>)> {
        let known = self.state.mailboxes.get(&mailbox)?;
        Some((known.owner.as_str(), known.groups.iter().map(String::as_str)))
    }

    /// Returns what a mailbox is found by.
    pub fn profile(&self, mailbox: MailboxId) -> Option<&Profile> {
        Some(&self.state.mailboxes.get(&mailbox)?.profile)
    }

    /// Returns the mailboxes with everything that is asked for; none if nothing is asked for.
    pub fn find(&self, query: &Query) -> Vec<MailboxId> {
        self.state.directory.find(query).unwrap_or_default()
    }

    /// Notes that a mailbox's program is alive.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn beat(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        now: Moment,
    ) -> Result<(), MailboxError> {
        self.open(mailbox)?;
        reserve(journal)?;
        self.emit(journal, Event::Beat { mailbox, at: now }, &[]);
        Ok(())
    }

    /// Returns when a mailbox's program last showed that it is alive.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn last_beat(&self, mailbox: MailboxId) -> Result<Option<Moment>, MailboxError> {
        Ok(self.open(mailbox)?.beat)
    }

    /// Returns whether a mailbox accepts messages and whether a program reads them.
    pub fn status(&self, mailbox: MailboxId, now: Moment) -> Option<Status> {
        let known = self.state.mailboxes.get(&mailbox)?;
        if known.is_terminated {
            return Some(Status::Terminated);
        }
        let fresh = known.beat.is_some_and(|beat| now.since(beat) < self.limits.stale);
        let is_active = fresh || self.holders.contains_key(&mailbox);
        Some(if is_active { Status::Active } else { Status::Inactive })
    }

    /// Returns what is known of the requests to and from a mailbox.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn statistics(&self, mailbox: MailboxId) -> Result<Statistics, MailboxError> {
        let known = self.open(mailbox)?;
        let is_request = |sequence: &&Sequence| {
            let entry = self.state.messages.get(sequence);
            entry.is_some_and(|entry| entry.letter.kind == LetterKind::Request)
        };
        let in_progress = known.queue.taken.iter().filter(is_request).count() as u64;
        let queued = known.queue.requests as u64;
        Ok(Statistics {
            incoming: known.completed + in_progress + queued,
            outgoing: known.outgoing,
            completed: known.completed,
            in_progress,
            queued,
        })
    }

    /// Returns how many mailboxes are open, messages are not over, and dead letters are kept.
    pub fn counts(&self) -> [usize; 3] {
        let open = self.state.mailboxes.len() - self.state.gravestones.len();
        [open, self.state.messages.len(), self.state.dead.len()]
    }

    /// Returns which of these requests are kept: they are not over, or are dead letters.
    pub fn kept_requests(
        &self,
        requests: impl IntoIterator<Item = MessageId>,
    ) -> HashSet<MessageId> {
        let mut requests: HashSet<MessageId> = requests.into_iter().collect();
        let is_open = |request: &MessageId| self.state.requests.contains_key(request);
        if requests.iter().all(is_open) {
            return requests;
        }
        let dead = self.state.dead.values().map(|dead| dead.letter.request());
        let dead: HashSet<MessageId> = dead.collect();
        requests.retain(|request| is_open(request) || dead.contains(request));
        requests
    }

    /// Returns to which of these requests an answer waits, or was given to a program that has not
    /// acknowledged it.
    pub fn waiting_answers(
        &self,
        requests: impl IntoIterator<Item = MessageId>,
    ) -> HashSet<MessageId> {
        let mut requests: HashSet<MessageId> = requests.into_iter().collect();
        let senders: HashSet<MailboxId> = requests.iter().map(|request| request.sender).collect();
        let queues = senders.iter().filter_map(|sender| self.state.mailboxes.get(sender));
        let sequences =
            queues.flat_map(|known| known.queue.answers.iter().chain(&known.queue.taken));
        let answers = sequences.filter_map(|sequence| self.state.messages.get(sequence));
        let answers = answers.filter(|entry| entry.letter.kind == LetterKind::Response);
        let waiting: HashSet<MessageId> = answers.map(|entry| entry.letter.request()).collect();
        requests.retain(|request| waiting.contains(request));
        requests
    }

    /// Returns the mailbox if it is open.
    pub(crate) fn open(&self, mailbox: MailboxId) -> Result<&Mailbox, MailboxError> {
        match self.state.mailboxes.get(&mailbox) {
            None => Err(MailboxError::Unknown(mailbox)),
            Some(known) if known.is_terminated => Err(MailboxError::Terminated(mailbox)),
            Some(known) => Ok(known),
        }
    }

    pub(crate) fn emit(&mut self, journal: &mut dyn Journal, event: Event, body: &[u8]) -> Place {
        let place = journal.append(&event, body);
        self.state.apply(event, place, &self.limits);
        place
    }

    /// Ends a message without an answer of the agent, and tells who sent it.
    pub(crate) fn fail(
        &mut self,
        journal: &mut dyn Journal,
        sequence: Sequence,
        failure: Failure,
        end: End,
    ) {
        let Some(Entry { letter, .. }) = self.state.messages.get(&sequence) else { return };
        let answer = letter.answer();
        let (from, to) =
            (self.state.mailboxes.get(&answer.from), self.state.mailboxes.get(&answer.to));
        if let (Some(from), Some(to)) = (from, to)
            && !to.is_terminated
            && letter.kind == LetterKind::Request
        {
            let notice = Notice { letter: &answer, from: &from.profile, to: &to.profile, failure };
            let body = (self.wording)(notice);
            self.woken.push(answer.to);
            let next = self.state.next;
            let answers = Some((sequence, end));
            self.emit(journal, Event::Put { sequence: next, letter: answer, answers }, &body);
        } else {
            self.emit(journal, Event::Ended { sequence, end }, &[]);
        }
    }
}

/// Checks that what ends messages can be taken down.
pub(crate) fn reserve(journal: &dyn Journal) -> Result<(), MailboxError> {
    if journal.has_reserve() { Ok(()) } else { Err(MailboxError::StorageFull) }
}
