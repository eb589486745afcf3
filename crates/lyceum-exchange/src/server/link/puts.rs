//! Messages that a node puts, and those of them that find no room at first.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Link;
use crate::mailbox::{MailboxError, MailboxId, Moment, Place, Put, PutError, Sequence};
use crate::server::metrics::count;
use crate::server::sending::{Incoming, Terms};

/// Messages of one node that wait for room, and their bytes. More are refused at once.
const LIMIT: (usize, usize) = (4096, 64 << 20);

/// Messages that could not be accepted at once.
#[derive(Default)]
pub(super) struct Puts {
    /// Those that wait for room, in order.
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Requests that were answered before: their answers are to be sent once more.
    again: Vec<(u32, Sequence, Place)>,
}

struct Waiting {
    id: u32,
    incoming: Incoming,
    /// When it is refused.
    until: Moment,
}

impl Puts {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns whether something waits for room in a mailbox, so that later messages wait behind.
    fn is_behind(&self, to: MailboxId) -> bool {
        self.waiting.iter().any(|waiting| waiting.incoming.letter.to == to)
    }

    /// Has a message wait, as long as not too many do; says whether it does.
    fn wait(&mut self, waiting: Waiting) -> bool {
        let bytes = self.bytes + waiting.incoming.body.len();
        let has_room = self.waiting.len() < LIMIT.0 && bytes <= LIMIT.1;
        if has_room {
            self.bytes = bytes;
            self.waiting.push_back(waiting);
        }
        has_room
    }
}

impl Link {
    /// Accepts a message, or has it wait for room.
    pub(super) fn put(&mut self, id: u32, terms: &Terms, body: Bytes) {
        let incoming = match Incoming::packed(&self.hub, body, terms) {
            Ok(incoming) => incoming,
            Err(refusal) => return self.out.refuse(id, &refusal),
        };
        let is_behind = self.puts.is_behind(incoming.letter.to);
        let error = if is_behind { None } else { self.try_put(id, &incoming) };
        if !is_behind && error.is_none() {
            return;
        }
        let until = self.hub.clock.now().after(self.hub.settings.room);
        let mailbox = incoming.letter.to;
        if !self.puts.wait(Waiting { id, incoming, until }) {
            let full = PutError::Full { mailbox, messages: LIMIT.0, bytes: LIMIT.1 as u64 };
            self.out.refuse(id, &error.unwrap_or(full).into());
        }
    }

    /// Accepts or refuses a message; returns why it is to be tried again.
    fn try_put(&mut self, id: u32, incoming: &Incoming) -> Option<PutError> {
        match self.hub.try_send(&self.principal, incoming) {
            Ok((Put::Accepted(_) | Put::Repeated(_), ticket)) => {
                count(&self.hub.metrics.accepted);
                self.out.done(id, ticket);
            }
            Ok((Put::AnsweredBefore(answer, place), _)) => {
                self.puts.again.push((id, answer, place));
            }
            Ok((Put::Unmatched, _)) => {
                count(&self.hub.metrics.unmatched);
                self.out.done_at_once(id);
            }
            Err(error) if self.may_pass(&error) => return Some(error),
            Err(error) => self.out.refuse(id, &error.into()),
        }
        None
    }

    fn may_pass(&self, error: &PutError) -> bool {
        match error {
            PutError::Full { .. } => true,
            // The next part of the log is being made, unless the disk is full.
            PutError::Mailbox(MailboxError::StorageFull) => !self.hub.keeper.is_full(),
            _ => false,
        }
    }

    /// Tries what waits for room once more. Messages for one mailbox keep their order.
    pub(super) fn retry_puts(&mut self) {
        let waiting = std::mem::take(&mut self.puts.waiting);
        self.puts.bytes = 0;
        let now = self.hub.clock.now();
        for one in waiting {
            let is_behind = self.puts.is_behind(one.incoming.letter.to);
            let error = if is_behind {
                None
            } else {
                match self.try_put(one.id, &one.incoming) {
                    None => continue,
                    error => error,
                }
            };
            match error {
                Some(error) if now >= one.until => self.out.refuse(one.id, &error.into()),
                _ => {
                    let waits = self.puts.wait(one);
                    debug_assert!(waits, "there was room for it before");
                }
            }
        }
    }

    /// Sends answers that are remembered once more.
    pub(super) async fn send_again(&mut self) {
        for (id, answer, place) in std::mem::take(&mut self.puts.again) {
            match self.hub.answer_again(answer, place).await {
                Ok(ticket) => self.out.done(id, ticket),
                Err(refusal) => self.out.refuse(id, &refusal),
            }
        }
    }
}
