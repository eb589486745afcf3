//! What the holder of a mailbox has of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use lyceum_wire::academy::link::{FrameError, HELD_LIMIT, Resume, ToServer, encode};
use lyceum_wire::academy::{Kind, Uuid};
use tokio::sync::Notify;

use super::asked::Request;
use crate::academy::{Delivered, MailboxError};

/// Messages that may be on their way to one mailbox, or wait until its agent has room for them.
pub(super) const CREDIT: u32 = 512;

/// Messages that wait here. A server that keeps to its credit never comes so far.
const WAITING_LIMIT: usize = 4096;

/// After how many messages the server hears of it at the latest.
const TELL_AFTER: u32 = 64;

/// A mailbox that is held.
pub(super) struct Lease {
    mailbox: Uuid,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    /// `None` until the server says it.
    generation: Option<u64>,
    waiting: VecDeque<(u64, Delivered)>,
    /// Requests that came and are not answered, by sender and tag, with their numbers.
    held: HashMap<(Uuid, Uuid), u64>,
    /// Answers that were taken, of which the server does not know yet.
    answers: Vec<u64>,
    /// Requests that were taken, and wait until the agent has room for them.
    roomless: u32,
    /// Messages that were taken and wait no more, of which the server does not know yet.
    taken: u32,
    end: Option<End>,
}

/// A message that was taken.
pub(super) struct Next {
    pub(super) delivered: Delivered,
    /// Whether the server is to hear of it soon.
    pub(super) is_urgent: bool,
}

/// Why a mailbox is not held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Unknown,
    Terminated,
    Replaced,
    /// The line is closed, or this program has left.
    Over,
}

impl Lease {
    pub(super) fn new(mailbox: Uuid) -> Self {
        Self { mailbox, state: Mutex::default(), news: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns which mailbox it is.
    pub(super) fn mailbox(&self) -> Uuid {
        self.mailbox
    }

    /// Returns in which generation it is held.
    pub(super) fn generation(&self) -> Option<u64> {
        self.lock().generation
    }

    pub(super) fn begin(&self, generation: u64) {
        self.lock().generation = Some(generation);
    }

    /// Returns what to say to go on after the connection was lost, `None` to begin anew; and how
    /// many messages may come.
    pub(super) fn resume(&self) -> (Option<Resume>, u32) {
        let mut state = self.lock();
        state.taken = 0;
        state.answers.clear();
        // What waits here is told of when it waits no more.
        let waiting = u32::try_from(state.waiting.len()).unwrap_or(CREDIT);
        let credit = CREDIT.saturating_sub(waiting).saturating_sub(state.roomless);
        let held: Vec<u64> = state.held.values().copied().collect();
        let generation = state.generation.filter(|_| held.len() <= HELD_LIMIT);
        (generation.map(|generation| Resume { generation, held }), credit)
    }

    /// Takes in a message. Where nobody takes it, the server is told by a frame, if it is time.
    ///
    /// # Errors
    ///
    /// The server does not keep to its credit.
    pub(super) fn deliver(
        &self,
        generation: u64,
        sequence: u64,
        delivered: Delivered,
        frames: &mut BytesMut,
    ) -> Result<(), FrameError> {
        let mut state = self.lock();
        if state.generation.is_some_and(|own| own != generation) || state.end.is_some() {
            return Ok(());
        }
        let header = &delivered.message.header;
        if header.kind == Kind::Request {
            let known = state.held.insert((header.src.uid, header.tag), sequence);
            if known.is_some() {
                // It is being served already.
                state.drop_one(self.mailbox, frames);
                return Ok(());
            }
        }
        if state.waiting.len() >= WAITING_LIMIT {
            let (what, found) = ("messages that there is credit for", WAITING_LIMIT + 1);
            return Err(FrameError::OutOfBounds { what, found, limit: WAITING_LIMIT });
        }
        state.waiting.push_back((sequence, delivered));
        drop(state);
        self.news.notify_one();
        Ok(())
    }

    /// Notes that a message came that is none. The server is told by a frame, if it is time.
    pub(super) fn skip(&self, generation: u64, sequence: u64, frames: &mut BytesMut) {
        let mut state = self.lock();
        if state.generation.is_some_and(|own| own != generation) {
            return;
        }
        state.answers.push(sequence);
        state.drop_one(self.mailbox, frames);
    }

    /// Notes that a request is answered.
    pub(super) fn answered(&self, request: Request) {
        self.lock().held.remove(&(request.from, request.tag));
    }

    pub(super) fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.news.notify_one();
    }

    pub(super) fn ended(&self) -> Option<End> {
        self.lock().end
    }

    /// Takes the next message, and appends to `frames` what the server must know.
    pub(super) fn next(&self, frames: &mut BytesMut) -> Result<Option<Next>, MailboxError> {
        let mut state = self.lock();
        let Some((sequence, delivered)) = state.waiting.pop_front() else {
            return state.end.map_or(Ok(None), |end| Err(end.into()));
        };
        let is_urgent = match delivered.message.header.kind {
            Kind::Request => {
                state.roomless += 1;
                false
            }
            Kind::Response => {
                state.answers.push(sequence);
                state.count_taken(self.mailbox, frames)
            }
        };
        Ok(Some(Next { delivered, is_urgent }))
    }

    /// Notes that a request waits no more that was taken; says whether the server is to hear of it
    /// soon, by what was appended to `frames`.
    pub(super) fn made_room(&self, frames: &mut BytesMut) -> bool {
        let mut state = self.lock();
        // It may have been taken before the mailbox was held anew.
        let Some(roomless) = state.roomless.checked_sub(1) else { return false };
        state.roomless = roomless;
        state.count_taken(self.mailbox, frames)
    }

    /// Waits for something new.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }
}

impl State {
    /// Counts a message that nobody takes.
    fn drop_one(&mut self, mailbox: Uuid, frames: &mut BytesMut) {
        self.taken += 1;
        if self.taken >= TELL_AFTER {
            self.tell(mailbox, frames);
        }
    }

    /// Counts a message that waits no more; says whether the server is to hear of it soon.
    fn count_taken(&mut self, mailbox: Uuid, frames: &mut BytesMut) -> bool {
        self.taken += 1;
        let is_urgent = self.taken >= TELL_AFTER;
        if self.waiting.is_empty() || is_urgent {
            self.tell(mailbox, frames);
        }
        is_urgent
    }

    fn tell(&mut self, mailbox: Uuid, frames: &mut BytesMut) {
        let Some(generation) = self.generation else { return };
        let (answers, credit) = (std::mem::take(&mut self.answers), self.taken);
        self.taken = 0;
        let head = ToServer::Received { mailbox, generation, answers, credit };
        encode(&head, b"", frames).expect("few messages are told of at once");
    }
}

impl From<&MailboxError> for End {
    fn from(error: &MailboxError) -> Self {
        match error {
            MailboxError::Stale => Self::Replaced,
            MailboxError::Terminated => Self::Terminated,
            MailboxError::Ended => Self::Over,
            // It is registered again, and then held anew.
            _ => Self::Unknown,
        }
    }
}

impl From<End> for MailboxError {
    fn from(end: End) -> Self {
        match end {
            End::Unknown => Self::Unknown,
            End::Terminated => Self::Terminated,
            End::Replaced => Self::Stale,
            End::Over => Self::Ended,
        }
    }
}
