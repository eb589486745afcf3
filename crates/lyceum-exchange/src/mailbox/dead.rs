//! Dead letters: what was durable, and could not be delivered.

use crate::mailbox::mailboxes::reserve;
use crate::mailbox::{
    BodyOf, DeadLetter, Event, Journal, MailboxError, MailboxId, Mailboxes, Place, PutError,
    ReplayError, Sequence,
};

impl Mailboxes {
    /// Returns the dead letters of a mailbox, or all, the oldest first.
    pub fn dead_letters(
        &self,
        mailbox: Option<MailboxId>,
    ) -> impl Iterator<Item = (Sequence, &DeadLetter)> {
        let dead = self.state.dead.iter().map(|(sequence, dead)| (*sequence, dead));
        dead.filter(move |(_, dead)| mailbox.is_none_or(|mailbox| dead.letter.to == mailbox))
    }

    /// Returns where the body of a dead letter lies, and whose mailbox it was for.
    pub fn dead_letter(&self, sequence: Sequence) -> Option<(MailboxId, Place)> {
        let dead = self.state.dead.get(&sequence)?;
        Some((dead.letter.to, dead.place))
    }

    /// Puts a dead letter into its mailbox once more. Its answer goes to who sent it at first.
    ///
    /// # Errors
    ///
    /// Says why it stays a dead letter.
    pub fn replay(
        &mut self,
        journal: &mut dyn Journal,
        sequence: Sequence,
        body: &[u8],
    ) -> Result<Sequence, ReplayError> {
        let dead = self.state.dead.get(&sequence).ok_or(ReplayError::Unknown(sequence))?;
        let mut letter = dead.letter.clone();
        letter.expires = None;
        self.open(letter.to).map_err(PutError::from)?;
        if journal.room() < body.len() as u64 * 2 {
            return Err(PutError::from(MailboxError::StorageFull).into());
        }
        let again = self.accept(journal, letter, None, body);
        self.emit(journal, Event::Buried { sequence }, &[]);
        Ok(again)
    }

    /// Throws a dead letter away. Says whether there was one.
    ///
    /// # Errors
    ///
    /// [`MailboxError::StorageFull`].
    pub fn bury(
        &mut self,
        journal: &mut dyn Journal,
        sequence: Sequence,
    ) -> Result<bool, MailboxError> {
        reserve(journal)?;
        let is_known = self.state.dead.contains_key(&sequence);
        if is_known {
            self.emit(journal, Event::Buried { sequence }, &[]);
        }
        Ok(is_known)
    }

    /// Returns the segments in which bodies lie, and how many bytes.
    pub fn live_segments(&self) -> impl Iterator<Item = (u64, u64)> {
        self.state.live.iter().map(|(segment, live)| (*segment, live.bytes))
    }

    /// Returns the bodies that lie in a segment, and where.
    pub fn bodies_in(&self, segment: u64) -> Vec<(BodyOf, Place)> {
        let messages = self.state.messages.iter();
        let messages = messages.map(|(sequence, entry)| (BodyOf::Message(*sequence), entry.place));
        let answers = self.state.answers.iter();
        let answers = answers.map(|(sequence, answer)| (BodyOf::Answer(*sequence), answer.place));
        let dead = self.state.dead.iter();
        let dead = dead.map(|(sequence, dead)| (BodyOf::DeadLetter(*sequence), dead.place));
        messages.chain(answers).chain(dead).filter(|(_, place)| place.segment == segment).collect()
    }

    /// Returns whether a body lies there.
    pub fn has_body_at(&self, body: BodyOf, place: Place) -> bool {
        let found = match body {
            BodyOf::Message(sequence) => self.state.messages.get(&sequence).map(|one| one.place),
            BodyOf::Answer(sequence) => self.state.answers.get(&sequence).map(|one| one.place),
            BodyOf::DeadLetter(sequence) => self.state.dead.get(&sequence).map(|one| one.place),
        };
        found == Some(place)
    }

    /// Writes a body anew, so that its old segment can go.
    pub fn relocate(&mut self, journal: &mut dyn Journal, body: BodyOf, bytes: &[u8]) {
        self.emit(journal, Event::Moved { body }, bytes);
    }
}
