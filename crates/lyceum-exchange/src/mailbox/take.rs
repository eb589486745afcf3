//! Programs that hold mailboxes, and what they are given.

use std::collections::HashSet;

use crate::mailbox::mailboxes::reserve;
use crate::mailbox::put::RECORD;
use crate::mailbox::{
    DeadReason, Delivery, End, Event, Failure, Journal, Letter, LetterKind, MailboxError,
    MailboxId, Mailboxes, MessageId, Moment, Place, Sequence,
};

/// A message that a program is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its number, for [`Mailboxes::acknowledge`].
    pub sequence: Sequence,
    /// Its header.
    pub letter: Letter,
    /// Where its body lies.
    pub place: Place,
    /// How often it was delivered, this time included.
    pub deliveries: u32,
}

/// When an answer counts as received. Requests count when they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acknowledge {
    /// When it is given to the program, which has no way to say that it has it.
    AtOnce,
    /// When the program says so; the next program gets it otherwise.
    Explicitly,
}

/// Which of the messages that wait are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// All, one after the other.
    AsTheyCame,
    /// What does not wait behind requests.
    Urgent,
}

impl Mailboxes {
    /// Gives a mailbox to a new program, and returns its generation. The former program is refused
    /// from now on; what it has not answered is delivered again or fails.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn lease(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        now: Moment,
    ) -> Result<u64, MailboxError> {
        let known = self.open(mailbox)?;
        reserve(journal)?;
        let generation = known.generation + 1;
        let taken: Vec<Sequence> = known.queue.taken.iter().copied().collect();
        self.emit(journal, Event::Leased { mailbox, generation }, &[]);
        for sequence in taken {
            reserve(journal)?;
            self.hand_over(journal, sequence, now);
        }
        self.holders.insert(mailbox, generation);
        self.lost_since.remove(&mailbox);
        self.doubts.remove(&mailbox);
        self.woken.push(mailbox);
        Ok(generation)
    }

    /// Returns the generation of the program that is connected now.
    pub fn holder(&self, mailbox: MailboxId) -> Option<u64> {
        self.holders.get(&mailbox).copied()
    }

    /// Returns how many programs have held a mailbox.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the mailbox.
    pub fn generation(&self, mailbox: MailboxId) -> Result<u64, MailboxError> {
        Ok(self.open(mailbox)?.generation)
    }

    /// Notes that the program of that generation is not connected any more.
    pub fn release(&mut self, mailbox: MailboxId, generation: u64, now: Moment) {
        if self.holders.get(&mailbox) == Some(&generation) {
            self.holders.remove(&mailbox);
            self.lost_since.insert(mailbox, now);
        }
    }

    /// Lets the program of that generation go on, whose connection was lost. What it was given and
    /// does not have waits once more, and does not count as delivered.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Stale`] where another program holds the mailbox.
    pub fn resume(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        held: &HashSet<Sequence>,
    ) -> Result<(), MailboxError> {
        self.current(mailbox, Some(generation))?;
        let taken = self.open(mailbox)?.queue.taken.iter().copied();
        let missing: Vec<Sequence> = taken.filter(|sequence| !held.contains(sequence)).collect();
        for sequence in missing {
            reserve(journal)?;
            self.emit(journal, Event::PutBack { sequence }, &[]);
        }
        self.holders.insert(mailbox, generation);
        self.lost_since.remove(&mailbox);
        self.woken.push(mailbox);
        Ok(())
    }

    /// Takes a mailbox from a program that leaves or is lost. What it has not answered waits for
    /// the next one, or fails.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Stale`] where another program holds the mailbox.
    pub fn leave(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        now: Moment,
    ) -> Result<(), MailboxError> {
        self.current(mailbox, Some(generation))?;
        let taken: Vec<Sequence> = self.open(mailbox)?.queue.taken.iter().copied().collect();
        self.release(mailbox, generation, now);
        for sequence in taken {
            reserve(journal)?;
            self.hand_over(journal, sequence, now);
        }
        Ok(())
    }

    /// Returns whether the request with an id is durable and not over.
    pub fn is_durable(&self, id: MessageId) -> bool {
        let entry = self.state.request(id.sender, id.tag);
        entry.is_some_and(|(_, entry)| entry.letter.delivery == Delivery::Durable)
    }

    /// Gives a program the next messages that wait: up to so many, and about so many bytes.
    ///
    /// # Errors
    ///
    /// Says why it gets none: [`MailboxError::Stale`] where another program holds the mailbox.
    pub fn take(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        most: (usize, u64),
        acknowledge: Acknowledge,
    ) -> Result<Vec<Parcel>, MailboxError> {
        self.take_in(journal, (mailbox, generation), most, acknowledge, Order::AsTheyCame)
    }

    pub(super) fn take_in(
        &mut self,
        journal: &mut dyn Journal,
        (mailbox, generation): (MailboxId, u64),
        (count, bytes): (usize, u64),
        acknowledge: Acknowledge,
        order: Order,
    ) -> Result<Vec<Parcel>, MailboxError> {
        self.current(mailbox, Some(generation))?;
        let mut parcels = Vec::new();
        let (mut size, mut is_full) = (0, false);
        while parcels.len() < count && size < bytes {
            let next = match order {
                Order::AsTheyCame => self.open(mailbox)?.queue.waiting.first().copied(),
                Order::Urgent => self.next_urgent(mailbox),
            };
            let Some(sequence) = next else { break };
            is_full = !journal.has_reserve();
            if is_full {
                break;
            }
            let Some(entry) = self.state.messages.get(&sequence) else { break };
            size += u64::from(entry.place.length);
            let is_kept =
                entry.letter.kind == LetterKind::Request || acknowledge == Acknowledge::Explicitly;
            let (letter, place) = (entry.letter.clone(), entry.place);
            let deliveries = entry.deliveries + 1;
            parcels.push(Parcel { sequence, letter, place, deliveries });
            self.emit(journal, Event::Taken { sequence, generation, is_kept }, &[]);
        }
        if parcels.is_empty() && is_full {
            return Err(MailboxError::StorageFull);
        }
        Ok(parcels)
    }

    /// Returns whether messages wait in a mailbox.
    pub fn has_waiting(&self, mailbox: MailboxId) -> bool {
        self.open(mailbox).is_ok_and(|known| !known.queue.waiting.is_empty())
    }

    /// Notes that a program has received an answer that it took.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Stale`] where another program holds the mailbox.
    pub fn acknowledge(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        sequence: Sequence,
    ) -> Result<(), MailboxError> {
        self.current(mailbox, Some(generation))?;
        let entry = self.state.messages.get(&sequence);
        let is_answer = entry.is_some_and(|entry| {
            entry.letter.to == mailbox
                && entry.letter.kind == LetterKind::Response
                && entry.taken_by == Some(generation)
        });
        if is_answer {
            reserve(journal)?;
            self.emit(journal, Event::Ended { sequence, end: End::Done }, &[]);
        }
        Ok(())
    }

    /// Puts messages back that a program was given and that never left: they wait once more, and
    /// were not delivered. What another program has by now stays there.
    pub fn put_back(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        sequences: &[Sequence],
    ) {
        for &sequence in sequences {
            let is_there = self.state.messages.get(&sequence).is_some_and(|entry| {
                entry.letter.to == mailbox && entry.taken_by == Some(generation)
            });
            // Without space they count as delivered to a program that is gone.
            if is_there && journal.has_reserve() {
                self.emit(journal, Event::PutBack { sequence }, &[]);
                self.woken.push(mailbox);
            }
        }
    }

    /// Puts an answer back that was taken and never left; it comes after what waits by now.
    ///
    /// Returns whether it waits: not if its mailbox has ended, or without space.
    pub fn put_back_answer(
        &mut self,
        journal: &mut dyn Journal,
        letter: Letter,
        body: &[u8],
    ) -> bool {
        let has_room = journal.room() >= body.len() as u64 + RECORD;
        let waits = has_room && self.open(letter.to).is_ok();
        if waits {
            self.accept(journal, letter, None, body);
        }
        waits
    }

    /// Takes a message from a program that is gone.
    pub(crate) fn hand_over(&mut self, journal: &mut dyn Journal, sequence: Sequence, now: Moment) {
        let Some(entry) = self.state.messages.get(&sequence) else { return };
        let deliveries = entry.deliveries;
        match (entry.letter.kind, entry.letter.delivery) {
            (LetterKind::Request, Delivery::Tracked) => {
                self.fail(journal, sequence, Failure::ProgramGone, End::Failed);
            }
            (LetterKind::Request, Delivery::Durable) if deliveries >= self.limits.deliveries => {
                let end = End::Dead(DeadReason::Undeliverable, now);
                self.fail(journal, sequence, Failure::Undeliverable { deliveries }, end);
            }
            _ => {
                self.emit(journal, Event::Returned { sequence }, &[]);
            }
        }
    }

    /// Tells the callers of programs that have shown no sign of life for too long.
    pub(crate) fn give_up_lost(&mut self, journal: &mut dyn Journal, now: Moment) {
        let busy: Vec<MailboxId> = self.state.busy.iter().copied().collect();
        for mailbox in busy {
            let known = self.open(mailbox).ok().filter(|known| !known.queue.taken.is_empty());
            let Some(known) = known else {
                self.state.busy.remove(&mailbox);
                self.lost_since.remove(&mailbox);
                continue;
            };
            if self.holders.contains_key(&mailbox) {
                continue;
            }
            let (beat, tracked) = (known.beat, known.queue.taken.clone());
            let lost = *self.lost_since.entry(mailbox).or_insert(now);
            if now.since(beat.map_or(lost, |beat| beat.max(lost))) < self.limits.stale {
                continue;
            }
            for sequence in tracked {
                let is_tracked = self.state.messages.get(&sequence).is_some_and(|entry| {
                    entry.letter.kind == LetterKind::Request
                        && entry.letter.delivery == Delivery::Tracked
                });
                if is_tracked && journal.has_reserve() {
                    self.fail(journal, sequence, Failure::ProgramGone, End::Failed);
                }
            }
        }
    }

    /// Ends a mailbox: nothing is accepted any more, and every request to it fails.
    ///
    /// # Errors
    ///
    /// Only if the storage is full; what was not told yet is told at the next try.
    pub fn terminate(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        now: Moment,
    ) -> Result<(), MailboxError> {
        // Who ends what has ended or never was has what he wants.
        let Ok(known) = self.open(mailbox) else { return Ok(()) };
        let queue = &known.queue;
        let left: HashSet<Sequence> = queue.waiting.iter().chain(&queue.taken).copied().collect();
        let mut left: Vec<Sequence> = left.into_iter().collect();
        left.sort_unstable();
        for sequence in left {
            reserve(journal)?;
            let entry = self.state.messages.get(&sequence);
            let is_durable = entry.is_some_and(|entry| entry.letter.delivery == Delivery::Durable);
            let is_request = entry.is_some_and(|entry| entry.letter.kind == LetterKind::Request);
            let end = if is_durable && is_request {
                End::Dead(DeadReason::Terminated, now)
            } else {
                End::Failed
            };
            self.fail(journal, sequence, Failure::Terminated, end);
        }
        reserve(journal)?;
        self.emit(journal, Event::Terminated { mailbox }, &[]);
        self.holders.remove(&mailbox);
        self.lost_since.remove(&mailbox);
        self.doubts.remove(&mailbox);
        self.cancels.remove(&mailbox);
        self.woken.push(mailbox);
        Ok(())
    }
}
