//! Programs that lived on while the exchange was restarted.
//!
//! A program of Academy does not say who it is, so that one which comes back after a restart looks
//! like a new one. An exchange that ends in order notes which programs were connected. Whoever
//! comes first is then taken for the same program, in doubt: an answer to what was given away
//! before the restart proves it. If none comes in time, it was a new program after all.

use crate::mailbox::{Event, Journal, MailboxId, Mailboxes, Moment, Sequence};

/// What a program must know that was there before the restart.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    since: Moment,
    generation: u64,
    given: Vec<Sequence>,
}

impl Mailboxes {
    /// Notes that the program of that generation is connected while the exchange ends in order.
    pub fn pause(&mut self, journal: &mut dyn Journal, mailbox: MailboxId, generation: u64) {
        let Ok(known) = self.open(mailbox) else { return };
        let is_worth_it = known.generation == generation && !known.queue.taken.is_empty();
        if is_worth_it && journal.has_reserve() {
            self.emit(journal, Event::Paused { mailbox, generation }, &[]);
        }
    }

    /// Gives a mailbox to the program that had it before an orderly restart, and returns its
    /// generation; nothing if there was none, or too long ago.
    pub fn reinstate(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        now: Moment,
    ) -> Option<u64> {
        let known = self.open(mailbox).ok()?;
        let generation = *self.state.paused.get(&mailbox)?;
        let is_late =
            self.lost_since.get(&mailbox).is_some_and(|lost| now.since(*lost) >= self.limits.stale);
        if generation != known.generation || is_late || !journal.has_reserve() {
            return None;
        }
        let given = known.queue.taken.iter().copied().collect();
        self.emit(journal, Event::Resumed { mailbox }, &[]);
        self.doubts.insert(mailbox, Doubt { since: now, generation, given });
        self.holders.insert(mailbox, generation);
        self.lost_since.remove(&mailbox);
        self.woken.push(mailbox);
        Some(generation)
    }

    /// Believes a program that answers what was given away before the restart.
    pub(crate) fn believe(&mut self, mailbox: MailboxId, answered: Sequence) {
        let is_proof = |doubt: &Doubt| doubt.given.binary_search(&answered).is_ok();
        if self.doubts.get(&mailbox).is_some_and(is_proof) {
            self.doubts.remove(&mailbox);
        }
    }

    /// Takes those for new programs that have proved nothing for too long.
    pub(crate) fn give_up_doubtful(&mut self, journal: &mut dyn Journal, now: Moment) {
        let stale = self.limits.stale;
        let over = self.doubts.extract_if(|_, doubt| now.since(doubt.since) >= stale);
        let over: Vec<(MailboxId, Doubt)> = over.collect();
        for (mailbox, doubt) in over {
            for sequence in doubt.given {
                let entry = self.state.messages.get(&sequence);
                let is_given = entry.is_some_and(|entry| {
                    entry.letter.to == mailbox && entry.taken_by == Some(doubt.generation)
                });
                if is_given && journal.has_reserve() {
                    self.hand_over(journal, sequence, now);
                    self.woken.push(mailbox);
                }
            }
        }
    }
}
