//! A store's log, as it may be found on a disk.

use lyceum_exchange::mailbox::{
    BodyOf, DeadReason, Delivery, End, Event, Letter, LetterKind, MailboxId, Mailboxes, Moment,
    Notice, Profile,
};
use lyceum_exchange::store::{Keeper, Level, Memory, Settings, Store};
use uuid::Uuid;

use super::Target;
use crate::Digest;

/// Any bytes in a segment.
pub(super) const RECORDS: Target =
    Target { name: "records", run: opened, seeds: segments, budget: 8 << 20 };
/// Records whose check sums are right, and whose events make no sense.
pub(super) const EVENTS: Target =
    Target { name: "events", run: |input| opened(&segment(input)), seeds: events, budget: 8 << 20 };

const SEGMENT: u32 = 64 << 10;

/// What stands before the bytes of one event in an input: how many there are, and in its body.
const LENGTHS: usize = 2;

fn wording(notice: Notice<'_>) -> Vec<u8> {
    format!("{:?}", notice.failure).into_bytes()
}

/// Opens a store with that segment, twice: what was cut off the first time stays away.
fn opened(bytes: &[u8]) -> Digest {
    let mut settings = Settings::new(wording);
    settings.segment = SEGMENT;
    settings.recent = 1 << 10;
    let open = || {
        let memory = Memory::new();
        let bytes = &bytes[..bytes.len().min(SEGMENT as usize)];
        memory.allocate(1, SEGMENT).expect("there is memory");
        memory.append(1, 0, bytes).expect("it fits");
        Keeper::open(Box::new(memory), settings)
    };
    let (first, second) = match (open(), open()) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string());
            return Digest::of(error.to_string());
        }
        (first, second) => panic!("{:?} and {:?}", first.err(), second.err()),
    };
    let counts = |keeper: &Keeper| keeper.look(Mailboxes::counts);
    assert_eq!(counts(&first), counts(&second));
    // Time passes, and programs come: nothing that was found may stand in their way.
    let (done, _nobody_waits) = first.change(Level::Written, |mailboxes, log| {
        let now = Moment::from_millis(1 << 40);
        mailboxes.sweep(log, now);
        let leased = mailboxes.lease(log, id(2), now);
        let ended = mailboxes.terminate(log, id(2), now);
        let changes = "i".repeat(mailboxes.changes().len().min(20));
        format!("{:?} {:?} {changes}", leased.is_ok(), ended.is_ok())
    });
    // In a digest digits do not count.
    let counted = counts(&first).map(|count| "i".repeat(count.min(20)));
    Digest::of((counted, done))
}

/// Makes a segment of what an input says: a record for each event.
fn segment(input: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), input);
    while let Some((lengths, after)) = rest.split_at_checked(LENGTHS) {
        let (event, after) = after.split_at(after.len().min(usize::from(lengths[0])));
        write(event, usize::from(lengths[1]), &mut bytes);
        rest = after;
    }
    bytes
}

/// Writes a record as the store does; see there for the layout.
fn write(event: &[u8], body: usize, into: &mut Vec<u8>) {
    let length = |bytes: usize| u32::try_from(bytes).expect("it is short").to_le_bytes();
    let mut header = [length(event.len()), length(body), [0; 4], [1, 0, 0, 0]].concat();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header);
    hasher.update(event);
    header.extend(hasher.finalize().to_le_bytes());
    into.extend(header);
    into.extend(event);
    if body > 0 {
        let body = vec![7; body];
        into.extend(&body);
        into.extend(crc32fast::hash(&body).to_le_bytes());
    }
}

fn id(number: u128) -> MailboxId {
    MailboxId::new(Uuid::from_u128(number))
}

/// Returns what happens to two mailboxes and the messages between them.
fn story() -> Vec<(Event, u8)> {
    let register = |number| {
        let profile = Profile { name: Some("n".into()), ..Profile::default() };
        Event::Registered { mailbox: id(number), profile, owner: "ada".into() }
    };
    let letter = Letter {
        from: id(1),
        to: id(2),
        tag: Uuid::from_u128(7),
        label: None,
        kind: LetterKind::Request,
        delivery: Delivery::Durable,
        expires: Some(Moment::from_millis(9)),
    };
    let answer = letter.answer();
    let put = |sequence, letter, answers| Event::Put { sequence, letter, answers };
    let dead = End::Dead(DeadReason::Undeliverable, Moment::from_millis(3));
    let taken = |sequence| Event::Taken { sequence, generation: 1, is_kept: true };
    vec![
        (register(1), 0),
        (register(2), 0),
        (Event::Shared { mailbox: id(2), group: "lab".into(), is_shared: true }, 0),
        (Event::Leased { mailbox: id(2), generation: 1 }, 0),
        (Event::Beat { mailbox: id(2), at: Moment::from_millis(5) }, 0),
        (put(0, letter.clone(), None), 9),
        (taken(0), 0),
        (Event::Returned { sequence: 0 }, 0),
        (taken(0), 0),
        (Event::PutBack { sequence: 0 }, 0),
        (put(1, answer, Some((0, End::Done))), 4),
        (put(2, letter, None), 9),
        (Event::Moved { body: BodyOf::Message(2) }, 9),
        (Event::Ended { sequence: 2, end: dead }, 0),
        (Event::Buried { sequence: 2 }, 0),
        (Event::Paused { mailbox: id(2), generation: 1 }, 0),
        (Event::Resumed { mailbox: id(2) }, 0),
        (Event::Terminated { mailbox: id(2) }, 0),
    ]
}

fn events() -> Vec<Vec<u8>> {
    let encode = |(event, body): &(Event, u8)| {
        let bytes = postcard::to_stdvec(event).expect("an event has a form in bytes");
        [&[u8::try_from(bytes.len()).expect("it is short"), *body], bytes.as_slice()].concat()
    };
    let all: Vec<Vec<u8>> = story().iter().map(encode).collect();
    (1..=all.len()).map(|count| all[..count].concat()).collect()
}

fn segments() -> Vec<Vec<u8>> {
    events().iter().map(|events| segment(events)).collect()
}
