//! The state as keys and values, so that a store can have an index of it and a restart is short.

use serde::{Deserialize, Serialize};

use crate::mailbox::entry::{Answer, DeadLetter, Entry, Mailbox};
use crate::mailbox::state::State;
use crate::mailbox::{MailboxId, Sequence};

/// The layout of values. A store with another one is refused.
pub const LAYOUT: u8 = 1;

/// What the state is made of. The order is that in which a restart needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Next,
    Mailbox(MailboxId),
    Message(Sequence),
    Answer(Sequence),
    DeadLetter(Sequence),
    Paused(MailboxId),
}

/// A key of the store's index, and its value; none where the key is to be removed.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// What follows from nothing else.
#[derive(Serialize, Deserialize)]
struct Next {
    sequence: Sequence,
    gravestones: Vec<(Sequence, MailboxId)>,
}

impl Key {
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Next => vec![0],
            Self::Mailbox(id) => [&[1], id.uuid().as_bytes().as_slice()].concat(),
            Self::Message(sequence) => numbered(2, sequence),
            Self::Answer(sequence) => numbered(3, sequence),
            Self::DeadLetter(sequence) => numbered(4, sequence),
            Self::Paused(id) => [&[5], id.uuid().as_bytes().as_slice()].concat(),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let sequence = || rest.try_into().ok().map(Sequence::from_be_bytes);
        let mailbox = || uuid::Uuid::from_slice(rest).ok().map(MailboxId::new);
        Some(match kind {
            0 => Self::Next,
            1 => Self::Mailbox(mailbox()?),
            2 => Self::Message(sequence()?),
            3 => Self::Answer(sequence()?),
            4 => Self::DeadLetter(sequence()?),
            5 => Self::Paused(mailbox()?),
            _ => return None,
        })
    }
}

fn numbered(kind: u8, sequence: Sequence) -> Vec<u8> {
    [&[kind], sequence.to_be_bytes().as_slice()].concat()
}

impl State {
    /// Returns what has changed since the last time.
    pub(crate) fn changes(&mut self) -> Vec<Change> {
        let mut keys: Vec<Key> = self.changed.drain().collect();
        keys.push(Key::Next);
        keys.sort_unstable();
        keys.into_iter().map(|key| (key.to_bytes(), self.value(key))).collect()
    }

    /// Has changes come again. What has changed since comes as it is then.
    pub(crate) fn changed_again(&mut self, changes: &[Change]) {
        let keys = changes.iter().filter_map(|(key, _)| Key::read(key));
        self.changed.extend(keys);
    }

    fn value(&mut self, key: Key) -> Option<Vec<u8>> {
        match key {
            Key::Next => {
                let gravestones = self.gravestones.iter().map(|(at, id)| (*at, *id)).collect();
                Some(encode(&Next { sequence: self.next, gravestones }))
            }
            Key::Mailbox(id) => self.mailboxes.get(&id).map(encode),
            Key::Message(sequence) => {
                let entry = self.messages.get_mut(&sequence)?;
                entry.is_indexed = true;
                Some(encode(entry))
            }
            Key::Answer(sequence) => self.answers.get(&sequence).map(encode),
            Key::DeadLetter(sequence) => self.dead.get(&sequence).map(encode),
            Key::Paused(id) => self.paused.get(&id).map(encode),
        }
    }

    /// Takes in what an index has; keys come in their order. Says whether it can be read.
    pub(crate) fn restore(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match Key::read(key)? {
            Key::Next => {
                let next: Next = decode(value)?;
                self.next = next.sequence;
                self.gravestones = next.gravestones.into_iter().collect();
            }
            Key::Mailbox(id) => self.restore_mailbox(id, decode(value)?),
            Key::Message(sequence) => {
                let entry: Entry = decode(value)?;
                self.insert(sequence, Entry { is_indexed: true, ..entry });
            }
            Key::Answer(sequence) => {
                let answer: Answer = decode(value)?;
                self.insert_answer(sequence, answer);
            }
            Key::DeadLetter(sequence) => {
                let dead: DeadLetter = decode(value)?;
                self.keep(dead.place);
                self.dead_bytes += u64::from(dead.place.length);
                self.dead.insert(sequence, dead);
            }
            Key::Paused(id) => {
                self.paused.insert(id, decode(value)?);
            }
        }
        Some(())
    }

    fn restore_mailbox(&mut self, id: MailboxId, mailbox: Mailbox) {
        if !mailbox.is_terminated {
            self.directory.insert(id, &mailbox.profile);
            *self.owned.entry(mailbox.owner.clone()).or_default() += 1;
        }
        self.mailboxes.insert(id, mailbox);
    }
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("what is kept has a form in bytes")
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
