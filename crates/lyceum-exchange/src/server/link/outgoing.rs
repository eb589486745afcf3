//! What is to be sent to a node, once it is as safe as was promised.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lyceum_wire::academy::link::{Code, Head, MESSAGE_BYTES, Said, ToClient, cut, encode};

use crate::mailbox::{MailboxError, MailboxId, PutError, RegisterError};
use crate::server::reply::Refusal;
use crate::store::{Keeper, Level, StoreError, Ticket};

/// Bytes of frames after which nothing more is taken in, or from the mailboxes, until these are
/// sent.
const LONG: usize = 1 << 20;

/// Bytes, and answers, that may wait for the disk before the same happens.
const AWAITED_LIMIT: (usize, usize) = (16 << 20, 65_536);

/// Bytes of the text of a refusal.
const TEXT_LIMIT: usize = 512;

/// Frames on their way to a node.
#[derive(Default)]
pub(super) struct Outgoing {
    frames: BytesMut,
    /// Questions that are answered by being done.
    done: Vec<u32>,
    /// What must be written before the frames are sent.
    ticket: Option<Ticket>,
    /// What waits for the disk, in order.
    awaited: VecDeque<Awaited>,
    awaited_bytes: usize,
}

/// Something that is sent when the log is on disk up to a place.
struct Awaited {
    position: u64,
    what: What,
}

enum What {
    Done(u32),
    /// Messages for a mailbox.
    Messages(MailboxId, Bytes),
}

impl Outgoing {
    /// Appends a frame without a body.
    pub(super) fn say(&mut self, head: &ToClient) {
        append(head, b"", &mut self.frames);
    }

    /// Answers a question. What cannot be said is a refusal: every question has an answer.
    pub(super) fn answer(&mut self, id: u32, said: Said) {
        if !append(&ToClient::Answer { id, said }, b"", &mut self.frames) {
            let text = "the answer has no form on this wire".into();
            self.say(&ToClient::Answer { id, said: Said::Refused { code: Code::Invalid, text } });
        }
    }

    /// Says that a question is answered, once that is safe.
    pub(super) fn done(&mut self, id: u32, ticket: Ticket) {
        match ticket.level() {
            Level::Written => {
                self.done.push(id);
                self.wait_for(ticket);
            }
            Level::Synced => {
                let what = What::Done(id);
                self.awaited.push_back(Awaited { position: ticket.position(), what });
            }
        }
    }

    /// Says that a question is answered, of which nothing is kept.
    pub(super) fn done_at_once(&mut self, id: u32) {
        self.done.push(id);
    }

    /// Has nothing sent before something is written.
    pub(super) fn wait_for(&mut self, ticket: Ticket) {
        let is_later = self.ticket.is_none_or(|known| known.position() < ticket.position());
        if is_later {
            self.ticket = Some(ticket);
        }
    }

    pub(super) fn refuse(&mut self, id: u32, refusal: &Refusal) {
        let (code, mut text) = (code(refusal), refusal.to_string());
        let end = (0..=TEXT_LIMIT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        self.answer(id, Said::Refused { code, text });
    }

    /// Appends messages for a mailbox; says whether they wait for the disk.
    pub(super) fn messages(
        &mut self,
        mailbox: MailboxId,
        frames: &BytesMut,
        position: u64,
        synced: u64,
    ) -> bool {
        if position <= synced {
            self.frames.extend_from_slice(frames);
            return false;
        }
        self.awaited_bytes += frames.len();
        let what = What::Messages(mailbox, Bytes::copy_from_slice(frames));
        self.awaited.push_back(Awaited { position, what });
        true
    }

    /// Waits until what is to be sent is written.
    pub(super) async fn settle(&mut self, keeper: &Keeper) -> Result<(), StoreError> {
        if let Some(ticket) = self.ticket.take() {
            keeper.done(ticket).await?;
        }
        self.collect();
        Ok(())
    }

    fn collect(&mut self) {
        if !self.done.is_empty() {
            let ids = std::mem::take(&mut self.done);
            self.say(&ToClient::Done { ids });
        }
    }

    /// Appends what waited for the disk up to that place. Returns the mailboxes that have messages
    /// among it.
    pub(super) fn synced(&mut self, position: u64) -> Vec<MailboxId> {
        let mut mailboxes = Vec::new();
        while self.awaited.front().is_some_and(|first| first.position <= position) {
            match self.awaited.pop_front().expect("there is one").what {
                What::Done(id) => self.done.push(id),
                What::Messages(mailbox, frames) => {
                    self.awaited_bytes -= frames.len();
                    self.frames.extend_from_slice(&frames);
                    mailboxes.push(mailbox);
                }
            }
        }
        self.collect();
        mailboxes
    }

    /// Returns whether something waits for the disk.
    pub(super) fn awaits_disk(&self) -> bool {
        !self.awaited.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns whether as much is on its way as may be.
    pub(super) fn is_full(&self) -> bool {
        let (bytes, count) = AWAITED_LIMIT;
        self.frames.len() >= LONG
            || self.awaited_bytes >= bytes
            || self.awaited.len() >= count
            || self.done.len() >= count
    }

    /// Takes the frames of the next message of the socket.
    pub(super) fn take(&mut self) -> Bytes {
        cut(&mut self.frames, MESSAGE_BYTES)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Appends a frame; says whether it can be said.
pub(super) fn append<H: Head>(head: &H, body: &[u8], frames: &mut BytesMut) -> bool {
    let encoded = encode(head, body, frames);
    if let Err(error) = &encoded {
        tracing::warn!(error = error as &dyn std::error::Error, "cannot say something to a node");
    }
    encoded.is_ok()
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Returns what a refusal is called on this wire.
fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Mailbox(error) => of_mailbox(*error),
        Refusal::Put(error) => match error {
            PutError::Mailbox(error) => of_mailbox(*error),
            PutError::Full { .. } | PutError::TooManyOutstanding { .. } => Code::Overloaded,
            PutError::TagInUse(_) => Code::Invalid,
            PutError::TooLarge { .. } => Code::TooLarge,
        },
        Refusal::Register(error) => match error {
            RegisterError::NotYours(_) => Code::Unknown,
            RegisterError::Terminated(_) => Code::Terminated,
            RegisterError::TooMany { .. } => Code::Overloaded,
            RegisterError::ProfileTooLarge { .. } => Code::TooLarge,
            RegisterError::StorageFull => Code::StorageFull,
        },
        Refusal::TooManyRequests => Code::Overloaded,
        Refusal::Store(_) | Refusal::Read(_) | Refusal::Draining => Code::Unavailable,
        _ => Code::Invalid,
    }
}

fn of_mailbox(error: MailboxError) -> Code {
    match error {
        MailboxError::Unknown(_) => Code::Unknown,
        MailboxError::Terminated(_) => Code::Terminated,
        MailboxError::Stale { .. } => Code::Stale,
        MailboxError::TooManyGroups { .. } => Code::Overloaded,
        MailboxError::StorageFull => Code::StorageFull,
    }
}
