//! An exchange whose journal is a list, and whose time is a number.

use std::time::Duration;

use lyceum_exchange::mailbox::{
    Acknowledge, Delivery, Event, Journal, Letter, LetterKind, Limits, MailboxError, MailboxId,
    Mailboxes, Moment, Notice, Parcel, Place, Profile, Put, PutError,
};
use uuid::Uuid;

/// All that was taken down.
#[derive(Default)]
pub(crate) struct Tape {
    pub(crate) events: Vec<(Event, Place, Vec<u8>)>,
    pub(crate) is_full: bool,
    pub(crate) is_exhausted: bool,
}

impl Journal for Tape {
    fn append(&mut self, event: &Event, body: &[u8]) -> Place {
        let offset = u32::try_from(self.events.len()).unwrap();
        let length = u32::try_from(body.len()).unwrap();
        // A new segment for every ten events, so that bodies lie in several.
        let place = Place { segment: u64::from(offset / 10), offset, length };
        self.events.push((event.clone(), place, body.to_vec()));
        place
    }

    fn room(&self) -> u64 {
        if self.is_full { 0 } else { 1 << 40 }
    }

    fn has_reserve(&self) -> bool {
        !self.is_exhausted
    }
}

/// An exchange, with its journal and its clock.
pub(crate) struct Office {
    pub(crate) mailboxes: Mailboxes,
    pub(crate) tape: Tape,
    pub(crate) now: Moment,
}

/// The words in which a failure is told.
pub(crate) fn wording(notice: Notice<'_>) -> Vec<u8> {
    format!("{:?}", notice.failure).into_bytes()
}

pub(crate) fn id(number: u128) -> MailboxId {
    MailboxId::new(Uuid::from_u128(number))
}

/// A user, and an agent that it calls.
pub(crate) const USER: u128 = 1;
pub(crate) const AGENT: u128 = 2;

pub(crate) fn request(tag: u128, delivery: Delivery) -> Letter {
    Letter {
        from: id(USER),
        to: id(AGENT),
        tag: Uuid::from_u128(tag),
        label: Some(Uuid::from_u128(7)),
        kind: LetterKind::Request,
        delivery,
        expires: None,
    }
}

impl Office {
    pub(crate) fn new(limits: Limits) -> Self {
        let mut office = Self {
            mailboxes: Mailboxes::new(limits, wording),
            tape: Tape::default(),
            now: Moment::from_millis(1_000_000),
        };
        office.register(USER, Profile::default());
        office.register(AGENT, Profile { is_agent: true, ..Profile::default() });
        office
    }

    pub(crate) fn register(&mut self, number: u128, profile: Profile) {
        self.mailboxes.register(&mut self.tape, id(number), profile, "ada").unwrap();
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.mailboxes.sweep(&mut self.tape, self.now);
    }

    /// Forgets what is not in the journal.
    pub(crate) fn restart(&mut self) {
        let mut again = Mailboxes::new(*self.mailboxes.limits(), wording);
        for (event, place, _) in &self.tape.events {
            again.replay_event(event.clone(), *place);
        }
        self.mailboxes = again;
    }

    pub(crate) fn put(&mut self, letter: Letter, body: &str) -> Result<Put, PutError> {
        self.mailboxes.put(&mut self.tape, letter, body.as_bytes(), None)
    }

    pub(crate) fn ask(&mut self, tag: u128, delivery: Delivery) {
        let put = self.put(request(tag, delivery), &format!("ask {tag}")).unwrap();
        assert!(matches!(put, Put::Accepted(_)), "{put:?}");
    }

    pub(crate) fn answer(&mut self, tag: u128) -> Result<Put, PutError> {
        let letter = request(tag, Delivery::Tracked).answer();
        self.put(letter, &format!("answer {tag}"))
    }

    pub(crate) fn lease(&mut self, number: u128) -> u64 {
        self.mailboxes.lease(&mut self.tape, id(number), self.now).unwrap()
    }

    pub(crate) fn take(
        &mut self,
        number: u128,
        generation: u64,
    ) -> Result<Vec<Parcel>, MailboxError> {
        let (most, at) = ((100, 1 << 20), Acknowledge::AtOnce);
        self.mailboxes.take(&mut self.tape, id(number), generation, most, at)
    }

    /// Returns the bodies of what waits, as a program of the newest generation gets them.
    pub(crate) fn read(&mut self, number: u128) -> Vec<String> {
        let generation = self.mailboxes.generation(id(number)).unwrap();
        let parcels = self.take(number, generation).unwrap();
        parcels.into_iter().map(|parcel| self.body(parcel.place)).collect()
    }

    pub(crate) fn body(&self, place: Place) -> String {
        let (_, _, body) = &self.tape.events[place.offset as usize];
        String::from_utf8(body.clone()).unwrap()
    }
}
