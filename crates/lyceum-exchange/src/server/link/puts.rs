//! Messages that a node puts, and those of them that find no room at first.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::Link;
use crate::mailbox::{
    Letter, LetterKind, MailboxError, MailboxId, Moment, Place, Put, PutError, Sequence,
};
use crate::server::metrics::count;
use crate::server::sending::{Incoming, Terms};

/// Requests of one node that wait for room, and their bytes; answers as well. More are refused at
/// once.
const LIMIT: (usize, usize) = (4096, 64 << 20);

/// Messages that could not be accepted at once.
#[derive(Default)]
pub(super) struct Puts {
    /// Requests that wait for room, in order, by the mailbox that they are for.
    waiting: HashMap<MailboxId, VecDeque<Waiting>>,
    /// Answers wait for space alone, and for no request.
    answers: VecDeque<Waiting>,
    /// How many requests wait, and their bytes.
    requests: Load,
    /// The same of answers.
    responses: Load,
    /// Requests that were answered before: their answers are to be sent once more.
    again: Vec<(u32, Sequence, Place)>,
}

#[derive(Default)]
struct Load {
    count: usize,
    bytes: usize,
}

struct Waiting {
    id: u32,
    incoming: Incoming,
    /// When it is refused.
    until: Moment,
}

impl Puts {
    pub(super) fn is_empty(&self) -> bool {
        self.requests.count + self.responses.count == 0
    }

    /// Returns whether something waits for room in a mailbox, so that later messages wait behind.
    /// Answers do not, nor does what cancels a request.
    fn is_behind(&self, incoming: &Incoming) -> bool {
        let letter = &incoming.letter;
        let is_urgent = letter.kind == LetterKind::Response || incoming.cancels.is_some();
        !is_urgent && self.waiting.contains_key(&letter.to)
    }

    /// Takes out the request that a message cancels, if it waits here.
    fn withdraw(&mut self, cancel: &Incoming) -> Option<Waiting> {
        let (tag, letter) = (cancel.cancels?, &cancel.letter);
        let queue = self.waiting.get_mut(&letter.to)?;
        let is_it = |one: &Waiting| {
            one.incoming.letter.tag == tag && one.incoming.letter.from == letter.from
        };
        let place = queue.iter().position(is_it)?;
        let withdrawn = queue.remove(place)?;
        if queue.is_empty() {
            self.waiting.remove(&letter.to);
        }
        self.leave(&withdrawn);
        Some(withdrawn)
    }

    fn load(&mut self, letter: &Letter) -> &mut Load {
        match letter.kind {
            LetterKind::Request => &mut self.requests,
            LetterKind::Response => &mut self.responses,
        }
    }

    /// Has a message wait, as long as not too many do; says whether it does.
    fn wait(&mut self, waiting: Waiting) -> bool {
        let load = self.load(&waiting.incoming.letter);
        let bytes = load.bytes + waiting.incoming.body.len();
        if load.count >= LIMIT.0 || bytes > LIMIT.1 {
            return false;
        }
        *load = Load { count: load.count + 1, bytes };
        let letter = &waiting.incoming.letter;
        match letter.kind {
            LetterKind::Request => self.waiting.entry(letter.to).or_default().push_back(waiting),
            LetterKind::Response => self.answers.push_back(waiting),
        }
        true
    }

    fn leave(&mut self, one: &Waiting) {
        let load = self.load(&one.incoming.letter);
        load.count -= 1;
        load.bytes -= one.incoming.body.len();
    }
}

impl Link {
    /// Accepts a message, or has it wait for room.
    pub(super) fn put(&mut self, id: u32, terms: &Terms, body: Bytes) {
        let incoming = match Incoming::packed(&self.hub, body, terms) {
            Ok(incoming) => incoming,
            Err(refusal) => return self.out.refuse(id, &refusal),
        };
        let mailbox = incoming.letter.to;
        let full = || PutError::Full { mailbox, messages: LIMIT.0, bytes: LIMIT.1 as u64 };
        if let Some(withdrawn) = self.puts.withdraw(&incoming) {
            self.out.refuse(withdrawn.id, &full().into());
        }
        let is_behind = self.puts.is_behind(&incoming);
        let error = if is_behind { None } else { self.try_put(id, &incoming) };
        if !is_behind && error.is_none() {
            return;
        }
        let until = self.hub.clock.now().after(self.hub.settings.room);
        if !self.puts.wait(Waiting { id, incoming, until }) {
            self.out.refuse(id, &error.unwrap_or_else(full).into());
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
        let mut answers = std::mem::take(&mut self.puts.answers);
        self.retry_in_order(&mut answers);
        self.puts.answers = answers;
        let mut waiting = std::mem::take(&mut self.puts.waiting);
        waiting.retain(|_, queue| {
            self.retry_in_order(queue);
            !queue.is_empty()
        });
        self.puts.waiting = waiting;
    }

    /// Tries the first of a queue until one is to wait on.
    fn retry_in_order(&mut self, queue: &mut VecDeque<Waiting>) {
        let now = self.hub.clock.now();
        while let Some(first) = queue.front() {
            match self.try_put(first.id, &first.incoming) {
                Some(_) if now < first.until => return,
                Some(error) => self.out.refuse(first.id, &error.into()),
                None => {}
            }
            let first = queue.pop_front().expect("there is one");
            self.puts.leave(&first);
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
