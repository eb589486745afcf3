//! A restart finds again what was there: from the events, and from an index of the state.

use std::collections::BTreeMap;
use std::time::Duration;

use lyceum_exchange::mailbox::{BodyOf, Delivery, Event, Limits, Mailboxes, Place, Profile};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::office::{AGENT, Office, USER, id, request, wording};

/// Small bounds, so that all of them are met.
fn limits() -> Limits {
    Limits {
        messages_per_mailbox: 8,
        answers: 5,
        dead_letters: 4,
        deliveries: 2,
        gravestones: 2,
        stale: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// Does something that clients or time might do.
fn step(office: &mut Office, random: &mut SmallRng) {
    let tag = random.random_range(0..40);
    let delivery = if random.random_bool(0.5) { Delivery::Durable } else { Delivery::Tracked };
    match random.random_range(0..13) {
        0..4 => {
            let mut letter = request(tag, delivery);
            letter.expires =
                random.random_bool(0.3).then(|| office.now.after(Duration::from_secs(5)));
            let _ = office.put(letter, &format!("ask {tag}"));
        }
        4..6 => drop(office.read(AGENT)),
        6..8 => drop(office.answer(tag)),
        8 => drop(office.read(USER)),
        9 => {
            let generation = office.lease(AGENT);
            let taken = office.take(AGENT, generation).unwrap_or_default();
            let taken: Vec<u64> = taken.iter().map(|parcel| parcel.sequence).collect();
            let kept = random.random_range(0..=taken.len());
            office.mailboxes.put_back(&mut office.tape, id(AGENT), generation, &taken[kept..]);
        }
        10 => office.pass(Duration::from_secs(3)),
        11 => {
            let generation = office.mailboxes.generation(id(AGENT)).unwrap();
            office.mailboxes.pause(&mut office.tape, id(AGENT), generation);
            if random.random_bool(0.5) {
                let _ = office.mailboxes.reinstate(&mut office.tape, id(AGENT), office.now);
            }
        }
        _ => {
            let number = random.random_range(100..106);
            let profile = Profile { name: Some(format!("n{tag}")), ..Profile::default() };
            let _ = office.mailboxes.register(&mut office.tape, id(number), profile, "bob");
            if random.random_bool(0.3) {
                office.mailboxes.terminate(&mut office.tape, id(number), office.now).unwrap();
            }
        }
    }
}

/// Returns all of a state, as an index would have it.
fn whole(mailboxes: &mut Mailboxes, index: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    for (key, value) in mailboxes.changes() {
        match value {
            Some(value) => index.insert(key, value),
            None => index.remove(&key),
        };
    }
}

#[test]
fn events_and_index_make_the_same_state_again_at_any_point() {
    for seed in 0..60 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut office = Office::new(limits());
        let (mut index, mut indexed) = (BTreeMap::new(), 0);
        let (count, checkpoint) = (random.random_range(20..400), random.random_range(0..200));
        for number in 0..count {
            step(&mut office, &mut random);
            if number == checkpoint {
                whole(&mut office.mailboxes, &mut index);
                indexed = office.tape.events.len();
            }
        }

        let mut again = Mailboxes::new(limits(), wording);
        for (key, value) in &index {
            assert!(again.restore(key, value), "seed {seed}");
        }
        for (event, place, _) in &office.tape.events[indexed..] {
            again.replay_event(event.clone(), *place);
        }

        let mut expected = index.clone();
        whole(&mut office.mailboxes, &mut expected);
        whole(&mut again, &mut index);
        assert_eq!(index, expected, "seed {seed}");
        let segments = |mailboxes: &Mailboxes| mailboxes.live_segments().collect::<Vec<_>>();
        assert_eq!(segments(&again), segments(&office.mailboxes), "seed {seed}");
        for mailbox in [USER, AGENT] {
            let statistics = |mailboxes: &Mailboxes| mailboxes.statistics(id(mailbox)).unwrap();
            assert_eq!(statistics(&again), statistics(&office.mailboxes), "seed {seed}");
        }
    }
}

#[test]
fn moved_bodies_free_their_segment() {
    let mut office = Office::new(Limits::default());
    for tag in 0..20 {
        office.ask(tag, Delivery::Durable);
    }
    let (segment, _) = office.mailboxes.live_segments().next().unwrap();
    for (body, place) in office.mailboxes.bodies_in(segment) {
        let bytes = office.body(place);
        office.mailboxes.relocate(&mut office.tape, body, bytes.as_bytes());
    }

    assert!(office.mailboxes.live_segments().all(|(live, _)| live != segment));
    office.lease(AGENT);
    let expected: Vec<String> = (0..20).map(|tag| format!("ask {tag}")).collect();
    assert_eq!(office.read(AGENT), expected);
}

/// A log with a number twice, or a body that changed its length as it was moved, overflowed what is
/// counted of a mailbox. No program writes one, but whoever can damage a disk can also mend a sum.
#[test]
fn events_that_make_no_sense_change_nothing() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    let (put, place, _) = office.tape.events.last().unwrap().clone();
    let Event::Put { sequence, .. } = put else { panic!("{put:?}") };
    let longer = Place { length: place.length + 100, ..place };
    let before = office.mailboxes.counts();
    let moved = Event::Moved { body: BodyOf::Message(sequence) };
    for event in [put, moved, Event::Returned { sequence }, Event::PutBack { sequence }] {
        office.mailboxes.replay_event(event, longer);
    }
    for event in [Event::Terminated { mailbox: id(9) }, Event::Buried { sequence: u64::MAX }] {
        office.mailboxes.replay_event(event, Place::default());
    }

    assert_eq!(office.mailboxes.counts(), before);
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), ["ask 1"]);
    let last =
        Event::Put { sequence: u64::MAX, letter: request(2, Delivery::Tracked), answers: None };
    office.mailboxes.replay_event(last, Place::default());
    assert_eq!(office.mailboxes.statistics(id(AGENT)).unwrap().queued, 1);
}
