//! What does not wait behind requests: answers, and what cancels a request.
//!
//! A program that has as many requests as it can hold must still get the answers that those wait
//! for, and be told that somebody gave up.

use crate::mailbox::take::Order;
use crate::mailbox::{
    Acknowledge, Journal, Letter, MailboxError, MailboxId, Mailboxes, MessageId, Parcel, Put,
    PutError, Sequence,
};

/// Cancellations that wait in one mailbox beside its bounds. More count as other requests do.
const LIMIT: usize = 1024;

/// Bytes of a cancellation that does not count. It holds no more than a tag.
const SIZE_LIMIT: usize = 4096;

/// The cancellations that wait in a mailbox, and what they cancel. After a restart they wait as
/// other requests do.
pub(crate) type Cancels = std::collections::BTreeMap<Sequence, MessageId>;

impl Mailboxes {
    /// Accepts a request that cancels the one with a tag, of the same sender: also into a full
    /// mailbox, once for each request.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    pub fn put_cancel(
        &mut self,
        journal: &mut dyn Journal,
        (letter, tag): (Letter, uuid::Uuid),
        body: &[u8],
        generation: Option<u64>,
    ) -> Result<Put, PutError> {
        let (mailbox, target) = (letter.to, MessageId { sender: letter.from, tag });
        let is_free = body.len() <= SIZE_LIMIT && self.may_cancel(mailbox, target);
        if !is_free {
            return self.put(journal, letter, body, generation);
        }
        self.current(letter.from, generation)?;
        let put = self.put_request(journal, letter, body, !is_free)?;
        if let Put::Accepted(sequence) = put
            && self.is_outstanding(target)
        {
            self.cancels.entry(mailbox).or_default().insert(sequence, target);
        }
        Ok(put)
    }

    /// Returns whether one more may cancel that request: the first does, as long as not too many
    /// wait, and one that cancels nothing takes no room.
    fn may_cancel(&mut self, mailbox: MailboxId, target: MessageId) -> bool {
        let Some((_, entry)) = self.state.request(target.sender, target.tag) else { return true };
        if entry.letter.to != mailbox {
            return false;
        }
        self.forget_cancels(mailbox);
        let Some(known) = self.cancels.get(&mailbox) else { return true };
        known.len() < LIMIT && !known.values().any(|known| *known == target)
    }

    /// Forgets the cancellations that do not wait any more.
    fn forget_cancels(&mut self, mailbox: MailboxId) {
        let Some(cancels) = self.cancels.get_mut(&mailbox) else { return };
        match self.state.mailboxes.get(&mailbox) {
            Some(known) => cancels.retain(|one, _| known.queue.waiting.contains(one)),
            None => cancels.clear(),
        }
        if cancels.is_empty() {
            self.cancels.remove(&mailbox);
        }
    }

    /// Gives a program the next answers and cancellations: up to so many, and about so many bytes.
    /// A cancellation never comes before its request.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub fn take_urgent(
        &mut self,
        journal: &mut dyn Journal,
        mailbox: MailboxId,
        generation: u64,
        most: (usize, u64),
        acknowledge: Acknowledge,
    ) -> Result<Vec<Parcel>, MailboxError> {
        self.forget_cancels(mailbox);
        self.take_in(journal, (mailbox, generation), most, acknowledge, Order::Urgent)
    }

    /// Returns whether answers or cancellations wait in a mailbox that can be taken.
    pub fn has_urgent(&self, mailbox: MailboxId) -> bool {
        self.next_urgent(mailbox).is_some()
    }

    pub(super) fn next_urgent(&self, mailbox: MailboxId) -> Option<Sequence> {
        let queue = &self.open(mailbox).ok()?.queue;
        let is_taken = |target: &MessageId| {
            let request = self.state.request(target.sender, target.tag);
            request.is_none_or(|(_, entry)| entry.taken_by.is_some())
        };
        let cancels = self.cancels.get(&mailbox).into_iter().flatten();
        let mut cancels = cancels.filter(|(one, _)| queue.waiting.contains(one));
        let cancel = cancels.find(|(_, target)| is_taken(target)).map(|(one, _)| *one);
        cancel.or_else(|| queue.answers.first().copied())
    }
}
