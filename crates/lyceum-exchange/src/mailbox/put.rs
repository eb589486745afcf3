//! Accepting messages.

use crate::mailbox::mailboxes::reserve;
use crate::mailbox::{
    Delivery, End, Event, Failure, Journal, Letter, LetterKind, MailboxError, MailboxId, Mailboxes,
    MessageId, Moment, Place, PutError, Sequence,
};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits.
    Accepted(Sequence),
    /// It was accepted before, and nothing was done.
    Repeated(Sequence),
    /// The request was answered before, and does not run again: the answer that lies there is to
    /// be sent by [`Mailboxes::answer_again`].
    AnsweredBefore(Sequence, Place),
    /// It answers nothing that is not over, and was thrown away.
    Unmatched,
}

/// Bytes that a record takes besides its body, at most.
pub(crate) const RECORD: u64 = 512;

impl Mailboxes {
    /// Accepts a message, or says why not. An answer ends its request.
    ///
    /// `generation` is that of the sender, where he says which: an old one is refused.
    ///
    /// # Errors
    ///
    /// Says why nothing was accepted. If an answer is too long, the caller is told so in its place.
    pub fn put(
        &mut self,
        journal: &mut dyn Journal,
        letter: Letter,
        body: &[u8],
        generation: Option<u64>,
    ) -> Result<Put, PutError> {
        self.current(letter.from, generation)?;
        match letter.kind {
            LetterKind::Request => self.put_request(journal, letter, body, true),
            LetterKind::Response => self.put_answer(journal, &letter, body),
        }
    }

    /// Accepts a request, also where there is no room if it `needs_room` not.
    pub(super) fn put_request(
        &mut self,
        journal: &mut dyn Journal,
        letter: Letter,
        body: &[u8],
        needs_room: bool,
    ) -> Result<Put, PutError> {
        self.open(letter.to)?;
        if let Some((sequence, known)) = self.state.request(letter.from, letter.tag) {
            if known.letter.to != letter.to {
                return Err(PutError::TagInUse(letter.tag));
            }
            return Ok(Put::Repeated(sequence));
        }
        if let Some(&sequence) = self.state.answered.get(&letter.request()) {
            if self.state.messages.contains_key(&sequence) {
                return Ok(Put::Repeated(sequence));
            }
            let place = self.state.answers[&sequence].place;
            return Ok(Put::AnsweredBefore(sequence, place));
        }
        match self.admit(&letter, body.len() as u64) {
            Err(PutError::Full { .. }) if !needs_room => {}
            admitted => admitted?,
        }
        if journal.room() < body.len() as u64 + RECORD {
            return Err(MailboxError::StorageFull.into());
        }
        Ok(Put::Accepted(self.accept(journal, letter, None, body)))
    }

    /// Checks the bounds.
    fn admit(&self, letter: &Letter, size: u64) -> Result<(), PutError> {
        let limits = &self.limits;
        if size > limits.message {
            return Err(PutError::TooLarge { size, limit: limits.message });
        }
        let (from, to) = (self.open(letter.from)?, self.open(letter.to)?);
        let limit = limits.outstanding;
        if from.queue.outstanding >= limit {
            return Err(PutError::TooManyOutstanding { mailbox: letter.from, limit });
        }
        if to.queue.taken.len() >= limit {
            return Err(PutError::TooManyOutstanding { mailbox: letter.to, limit });
        }
        let (messages, bytes) = (to.queue.requests, to.queue.bytes);
        let is_long = bytes + size > limits.bytes_per_mailbox && messages > 0;
        if messages >= limits.messages_per_mailbox || is_long {
            return Err(PutError::Full { mailbox: letter.to, messages, bytes });
        }
        Ok(())
    }

    fn put_answer(
        &mut self,
        journal: &mut dyn Journal,
        letter: &Letter,
        body: &[u8],
    ) -> Result<Put, PutError> {
        let request = self.state.request(letter.to, letter.tag);
        let Some((request, asked)) = request.filter(|(_, asked)| asked.letter.to == letter.from)
        else {
            return Ok(Put::Unmatched);
        };
        let answer = asked.letter.answer();
        self.believe(letter.from, request);
        reserve(journal)?;
        let (size, limit) = (body.len() as u64, self.limits.message);
        if size > limit {
            self.fail(journal, request, Failure::AnswerTooLarge { size, limit }, End::Failed);
            return Err(PutError::TooLarge { size, limit });
        }
        if self.open(letter.to).is_err() {
            self.emit(journal, Event::Ended { sequence: request, end: End::Done }, &[]);
            return Err(MailboxError::Terminated(letter.to).into());
        }
        if journal.room() < size + RECORD {
            return Err(MailboxError::StorageFull.into());
        }
        Ok(Put::Accepted(self.accept(journal, answer, Some((request, End::Done)), body)))
    }

    /// Accepts an answer that belongs to no request, from somebody who may send requests as well.
    ///
    /// One with a label is for a handle, which has its outcome: a second one ends Academy's
    /// listener, and so it is not accepted. Nor is one whose tag is that of a request to others.
    ///
    /// # Errors
    ///
    /// Says why it was not accepted.
    pub fn put_unasked(
        &mut self,
        journal: &mut dyn Journal,
        letter: &Letter,
        body: &[u8],
    ) -> Result<Put, PutError> {
        let to = self.open(letter.to)?;
        if letter.label.is_some() || self.state.request(letter.to, letter.tag).is_some() {
            return Ok(Put::Unmatched);
        }
        let (size, limit) = (body.len() as u64, self.limits.message);
        if size > limit {
            return Err(PutError::TooLarge { size, limit });
        }
        // No request has reserved a place for it, so it counts with everything that waits.
        let messages = to.queue.waiting.len() + to.queue.taken.len();
        if messages >= self.limits.messages_per_mailbox {
            let bytes = to.queue.bytes;
            return Err(PutError::Full { mailbox: letter.to, messages, bytes });
        }
        if journal.room() < size + RECORD {
            return Err(MailboxError::StorageFull.into());
        }
        let letter = Letter { delivery: Delivery::Tracked, expires: None, ..letter.clone() };
        Ok(Put::Accepted(self.accept(journal, letter, None, body)))
    }

    /// Sends an answer that is remembered once more.
    ///
    /// # Errors
    ///
    /// Says why the caller cannot be given it.
    pub fn answer_again(
        &mut self,
        journal: &mut dyn Journal,
        answer: Sequence,
        body: &[u8],
    ) -> Result<Put, PutError> {
        let Some(known) = self.state.answers.get(&answer) else { return Ok(Put::Unmatched) };
        let letter = known.letter.clone();
        self.open(letter.to)?;
        if journal.room() < body.len() as u64 + RECORD {
            return Err(MailboxError::StorageFull.into());
        }
        Ok(Put::Accepted(self.accept(journal, letter, None, body)))
    }

    /// Ends a request that was just accepted, and tells its sender why.
    pub fn refuse(&mut self, journal: &mut dyn Journal, sequence: Sequence, failure: Failure) {
        self.fail(journal, sequence, failure, End::Failed);
    }

    /// Returns whether a request is not over.
    pub fn is_outstanding(&self, id: MessageId) -> bool {
        self.state.requests.contains_key(&id)
    }

    pub(crate) fn accept(
        &mut self,
        journal: &mut dyn Journal,
        letter: Letter,
        answers: Option<(Sequence, End)>,
        body: &[u8],
    ) -> Sequence {
        let sequence = self.state.next;
        self.woken.push(letter.to);
        self.emit(journal, Event::Put { sequence, letter, answers }, body);
        sequence
    }

    /// Checks that a mailbox is open and that a program which says which one it is still holds it.
    pub(crate) fn current(
        &self,
        mailbox: MailboxId,
        generation: Option<u64>,
    ) -> Result<(), MailboxError> {
        let current = self.open(mailbox)?.generation;
        match generation {
            Some(given) if given != current => Err(MailboxError::Stale { mailbox, given, current }),
            _ => Ok(()),
        }
    }

    /// Gives up requests that nobody took in time, and those whose program is gone.
    ///
    /// It is to be called every few seconds.
    pub fn sweep(&mut self, journal: &mut dyn Journal, now: Moment) {
        while let Some(&(at, sequence)) = self.state.expiring.first() {
            if at > now || !journal.has_reserve() {
                break;
            }
            self.fail(journal, sequence, Failure::Expired, self.end_of(sequence, now));
        }
        self.give_up_lost(journal, now);
        self.give_up_doubtful(journal, now);
    }

    /// Returns how a request ends that expired: a durable one is kept as a dead letter.
    fn end_of(&self, sequence: Sequence, now: Moment) -> End {
        let delivery = self.state.messages.get(&sequence).map(|entry| entry.letter.delivery);
        match delivery {
            Some(Delivery::Durable) => End::Dead(crate::mailbox::DeadReason::Expired, now),
            _ => End::Failed,
        }
    }
}
