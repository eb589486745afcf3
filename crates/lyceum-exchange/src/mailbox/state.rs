//! The whole state, and how each event changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::mailbox::change::Key;
use crate::mailbox::directory::Directory;
use crate::mailbox::entry::{Answer, DeadLetter, Entry, Mailbox, Queue};
use crate::mailbox::{
    BodyOf, Delivery, End, Event, Letter, LetterKind, Limits, MailboxId, MessageId, Moment, Place,
    Profile, Sequence,
};

/// What follows from the events so far. Only [`State::apply`] changes what a restart must find.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) mailboxes: HashMap<MailboxId, Mailbox>,
    pub(crate) messages: HashMap<Sequence, Entry>,
    /// Requests that are not over, by their ids.
    pub(crate) requests: HashMap<MessageId, Sequence>,
    pub(crate) answers: BTreeMap<Sequence, Answer>,
    pub(crate) answered: HashMap<MessageId, Sequence>,
    pub(crate) answer_bytes: u64,
    pub(crate) dead: BTreeMap<Sequence, DeadLetter>,
    pub(crate) dead_bytes: u64,
    pub(crate) directory: Directory,
    pub(crate) owned: HashMap<String, usize>,
    /// Terminated mailboxes, the longest first; each has a number of its own.
    pub(crate) gravestones: BTreeMap<Sequence, MailboxId>,
    /// The number that the next message gets.
    pub(crate) next: Sequence,
    /// Messages, answers and dead letters that lie in each segment, and their bytes.
    pub(crate) live: BTreeMap<u64, Live>,
    /// Requests that are given up at a time, unless somebody takes them.
    pub(crate) expiring: BTreeSet<(Moment, Sequence)>,
    /// Mailboxes of which a program has taken messages; some may be over by now.
    pub(crate) busy: HashSet<MailboxId>,
    /// Programs that were connected when the exchange last ended in order, by generation.
    pub(crate) paused: HashMap<MailboxId, u64>,
    /// What the store's index does not have yet.
    pub(crate) changed: HashSet<Key>,
}

/// What is still needed of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) bodies: usize,
    pub(crate) bytes: u64,
}

impl State {
    /// Changes the state by what happened. Events that make no sense change nothing.
    pub(crate) fn apply(&mut self, event: Event, place: Place, limits: &Limits) {
        match event {
            Event::Registered { mailbox, profile, owner } => {
                self.registered(mailbox, profile, owner);
            }
            Event::Shared { mailbox, group, is_shared } => self.change(mailbox, |mailbox| {
                if is_shared {
                    mailbox.groups.insert(group);
                } else {
                    mailbox.groups.remove(&group);
                }
            }),
            Event::Leased { mailbox, generation } => {
                self.resumed(mailbox);
                self.change(mailbox, |mailbox| mailbox.generation = generation);
            }
            Event::Beat { mailbox, at } => {
                self.change(mailbox, |mailbox| mailbox.beat = mailbox.beat.max(Some(at)));
            }
            Event::Put { sequence, letter, answers } => {
                self.put(sequence, letter, place, answers, limits);
            }
            Event::Taken { sequence, generation, is_kept } => {
                self.taken(sequence, generation, is_kept);
            }
            Event::Returned { sequence } => self.returned(sequence),
            Event::Ended { sequence, end } => {
                self.end(sequence, end, limits);
            }
            Event::Buried { sequence } => self.buried(sequence),
            Event::Terminated { mailbox } => self.terminated(mailbox, limits),
            Event::Moved { body } => self.moved(body, place),
            Event::PutBack { sequence } => self.put_back(sequence),
            Event::Paused { mailbox, generation } => {
                self.paused.insert(mailbox, generation);
                self.changed.insert(Key::Paused(mailbox));
            }
            Event::Resumed { mailbox } => self.resumed(mailbox),
        }
    }

    fn change(&mut self, id: MailboxId, change: impl FnOnce(&mut Mailbox)) {
        if let Some(mailbox) = self.mailboxes.get_mut(&id) {
            change(mailbox);
            self.changed.insert(Key::Mailbox(id));
        }
    }

    fn registered(&mut self, id: MailboxId, profile: Profile, owner: String) {
        if let Some(mailbox) = self.mailboxes.get_mut(&id) {
            self.directory.remove(id, &mailbox.profile);
            self.directory.insert(id, &profile);
            mailbox.profile = profile;
        } else {
            self.directory.insert(id, &profile);
            *self.owned.entry(owner.clone()).or_default() += 1;
            let mailbox = Mailbox {
                profile,
                owner,
                groups: BTreeSet::new(),
                is_terminated: false,
                generation: 0,
                beat: None,
                outgoing: 0,
                completed: 0,
                queue: Queue::default(),
            };
            self.mailboxes.insert(id, mailbox);
        }
        self.changed.insert(Key::Mailbox(id));
    }

    fn put(
        &mut self,
        sequence: Sequence,
        letter: Letter,
        place: Place,
        answers: Option<(Sequence, End)>,
        limits: &Limits,
    ) {
        if self.messages.contains_key(&sequence) {
            return;
        }
        self.next = self.next.max(sequence.saturating_add(1));
        if let Some((request, end)) = answers {
            let of_agent = matches!(end, End::Done);
            if let Some(request) = self.end(request, end, limits) {
                if of_agent {
                    self.change(request.letter.to, |mailbox| mailbox.completed += 1);
                }
                if request.letter.delivery == Delivery::Durable {
                    self.remember(sequence, &letter, place, limits);
                }
            }
        }
        if letter.kind == LetterKind::Request {
            self.change(letter.from, |mailbox| mailbox.outgoing += 1);
        }
        let entry = Entry { letter, place, deliveries: 0, taken_by: None, is_indexed: false };
        self.insert(sequence, entry);
        self.changed.insert(Key::Message(sequence));
    }

    /// Takes in a message that was put or restored.
    pub(crate) fn insert(&mut self, sequence: Sequence, entry: Entry) {
        self.keep(entry.place);
        if entry.letter.kind == LetterKind::Request {
            self.requests.insert(entry.letter.request(), sequence);
            if let Some(sender) = self.mailboxes.get_mut(&entry.letter.from) {
                sender.queue.outstanding += 1;
            }
        }
        if let Some(mailbox) = self.mailboxes.get_mut(&entry.letter.to) {
            match entry.taken_by {
                Some(_) => {
                    mailbox.queue.taken.insert(sequence);
                    self.busy.insert(entry.letter.to);
                }
                None => mailbox.queue.wait(sequence, &entry),
            }
        }
        if let Some(at) = entry.letter.expires {
            self.expiring.insert((at, sequence));
        }
        self.messages.insert(sequence, entry);
    }

    fn taken(&mut self, sequence: Sequence, generation: u64, is_kept: bool) {
        let Some(entry) = self.messages.get_mut(&sequence) else { return };
        let Some(mailbox) = self.mailboxes.get_mut(&entry.letter.to) else { return };
        mailbox.queue.leave(sequence, entry);
        entry.deliveries += 1;
        entry.taken_by = Some(generation);
        mailbox.queue.taken.insert(sequence);
        if let Some(at) = entry.letter.expires {
            self.expiring.remove(&(at, sequence));
        }
        self.busy.insert(entry.letter.to);
        self.changed.insert(Key::Message(sequence));
        if !is_kept {
            self.remove(sequence);
        }
    }

    fn returned(&mut self, sequence: Sequence) {
        let Some(entry) = self.messages.get_mut(&sequence) else { return };
        let Some(mailbox) = self.mailboxes.get_mut(&entry.letter.to) else { return };
        if entry.taken_by.take().is_some() {
            mailbox.queue.taken.remove(&sequence);
            mailbox.queue.wait(sequence, entry);
            self.changed.insert(Key::Message(sequence));
        }
    }

    fn resumed(&mut self, mailbox: MailboxId) {
        if self.paused.remove(&mailbox).is_some() {
            self.changed.insert(Key::Paused(mailbox));
        }
    }

    fn put_back(&mut self, sequence: Sequence) {
        self.returned(sequence);
        let waits = self.messages.get_mut(&sequence).filter(|entry| entry.taken_by.is_none());
        let Some(entry) = waits else { return };
        entry.deliveries = entry.deliveries.saturating_sub(1);
        if let Some(at) = entry.letter.expires {
            self.expiring.insert((at, sequence));
        }
    }

    /// Ends a message, and returns what it was.
    fn end(&mut self, sequence: Sequence, end: End, limits: &Limits) -> Option<Entry> {
        let entry = self.remove(sequence)?;
        if let End::Dead(reason, at) = end {
            self.keep(entry.place);
            self.dead_bytes += u64::from(entry.place.length);
            let (letter, place) = (entry.letter.clone(), entry.place);
            let dead = DeadLetter { letter, deliveries: entry.deliveries, reason, at, place };
            self.dead.insert(sequence, dead);
            self.changed.insert(Key::DeadLetter(sequence));
            while self.dead.len() > limits.dead_letters
                || (self.dead_bytes > limits.dead_letter_bytes && self.dead.len() > 1)
            {
                let Some((&oldest, _)) = self.dead.first_key_value() else { break };
                self.buried(oldest);
            }
        }
        Some(entry)
    }

    fn remove(&mut self, sequence: Sequence) -> Option<Entry> {
        let entry = self.messages.remove(&sequence)?;
        if entry.is_indexed {
            self.changed.insert(Key::Message(sequence));
        } else {
            self.changed.remove(&Key::Message(sequence));
        }
        if let Some(mailbox) = self.mailboxes.get_mut(&entry.letter.to) {
            mailbox.queue.leave(sequence, &entry);
            mailbox.queue.taken.remove(&sequence);
        }
        if let Some(at) = entry.letter.expires {
            self.expiring.remove(&(at, sequence));
        }
        if entry.letter.kind == LetterKind::Request {
            self.requests.remove(&entry.letter.request());
            if let Some(sender) = self.mailboxes.get_mut(&entry.letter.from) {
                sender.queue.outstanding = sender.queue.outstanding.saturating_sub(1);
            }
        }
        self.give_up(entry.place);
        Some(entry)
    }

    fn remember(&mut self, sequence: Sequence, letter: &Letter, place: Place, limits: &Limits) {
        let request = letter.request();
        let answer = Answer { letter: letter.clone(), place, request };
        self.insert_answer(sequence, answer);
        self.changed.insert(Key::Answer(sequence));
        while self.answers.len() > limits.answers
            || (self.answer_bytes > limits.answer_bytes && self.answers.len() > 1)
        {
            let Some((oldest, answer)) = self.answers.pop_first() else { break };
            self.answered.remove(&answer.request);
            self.answer_bytes -= u64::from(answer.place.length);
            self.give_up(answer.place);
            self.changed.insert(Key::Answer(oldest));
        }
    }

    pub(crate) fn insert_answer(&mut self, sequence: Sequence, answer: Answer) {
        self.keep(answer.place);
        self.answer_bytes += u64::from(answer.place.length);
        self.answered.insert(answer.request, sequence);
        self.answers.insert(sequence, answer);
    }

    fn buried(&mut self, sequence: Sequence) {
        if let Some(dead) = self.dead.remove(&sequence) {
            self.dead_bytes -= u64::from(dead.place.length);
            self.give_up(dead.place);
            self.changed.insert(Key::DeadLetter(sequence));
        }
    }

    fn terminated(&mut self, id: MailboxId, limits: &Limits) {
        let Some(mailbox) = self.mailboxes.get_mut(&id) else { return };
        self.directory.remove(id, &mailbox.profile);
        if self.paused.remove(&id).is_some() {
            self.changed.insert(Key::Paused(id));
        }
        mailbox.is_terminated = true;
        mailbox.profile.types.clear();
        mailbox.profile.attributes.clear();
        mailbox.groups.clear();
        let queue = &mailbox.queue;
        let left: Vec<Sequence> = queue.waiting.iter().chain(&queue.taken).copied().collect();
        if let Some(owned) = self.owned.get_mut(&mailbox.owner) {
            *owned -= 1;
            if *owned == 0 {
                self.owned.remove(&mailbox.owner);
            }
        }
        for sequence in left {
            self.remove(sequence);
        }
        self.changed.insert(Key::Mailbox(id));
        self.gravestones.insert(self.next, id);
        self.next = self.next.saturating_add(1);
        while self.gravestones.len() > limits.gravestones {
            let Some((_, oldest)) = self.gravestones.pop_first() else { break };
            self.mailboxes.remove(&oldest);
            self.changed.insert(Key::Mailbox(oldest));
        }
    }

    fn moved(&mut self, body: BodyOf, place: Place) {
        let (key, old) = match body {
            BodyOf::Message(sequence) => (
                Key::Message(sequence),
                self.messages.get_mut(&sequence).map(|entry| &mut entry.place),
            ),
            BodyOf::Answer(sequence) => (
                Key::Answer(sequence),
                self.answers.get_mut(&sequence).map(|answer| &mut answer.place),
            ),
            BodyOf::DeadLetter(sequence) => (
                Key::DeadLetter(sequence),
                self.dead.get_mut(&sequence).map(|dead| &mut dead.place),
            ),
        };
        let Some(old) = old.filter(|old| old.length == place.length) else { return };
        let before = std::mem::replace(old, place);
        self.keep(place);
        self.give_up(before);
        self.changed.insert(key);
    }

    pub(crate) fn keep(&mut self, place: Place) {
        let live = self.live.entry(place.segment).or_default();
        live.bodies += 1;
        live.bytes += u64::from(place.length);
    }

    fn give_up(&mut self, place: Place) {
        let Some(live) = self.live.get_mut(&place.segment) else { return };
        live.bodies -= 1;
        live.bytes -= u64::from(place.length);
        if live.bodies == 0 {
            self.live.remove(&place.segment);
        }
    }

    /// Returns the request with that sender and tag that is not over.
    pub(crate) fn request(&self, sender: MailboxId, tag: Uuid) -> Option<(Sequence, &Entry)> {
        let sequence = *self.requests.get(&MessageId { sender, tag })?;
        Some((sequence, self.messages.get(&sequence)?))
    }
}

impl Queue {
    fn wait(&mut self, sequence: Sequence, entry: &Entry) {
        match (self.waiting.insert(sequence), entry.letter.kind) {
            (false, _) => {}
            (true, LetterKind::Response) => drop(self.answers.insert(sequence)),
            (true, LetterKind::Request) => {
                self.requests += 1;
                self.bytes += u64::from(entry.place.length);
            }
        }
    }

    fn leave(&mut self, sequence: Sequence, entry: &Entry) {
        match (self.waiting.remove(&sequence), entry.letter.kind) {
            (false, _) => {}
            (true, LetterKind::Response) => drop(self.answers.remove(&sequence)),
            (true, LetterKind::Request) => {
                self.requests -= 1;
                self.bytes -= u64::from(entry.place.length);
            }
        }
    }
}
