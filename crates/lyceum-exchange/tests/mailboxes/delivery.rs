//! What is promised about messages.

use std::time::Duration;

use lyceum_exchange::mailbox::{
    Acknowledge, Delivery, Letter, Limits, MailboxError, Profile, Put, PutError, Statistics, Status,
};

use crate::office::{AGENT, Office, USER, id, request};

#[test]
fn messages_wait_for_a_program_and_come_in_order() {
    let mut office = Office::new(Limits::default());
    for tag in 0..20 {
        office.ask(tag, Delivery::Tracked);
    }
    assert_eq!(office.mailboxes.status(id(AGENT), office.now), Some(Status::Inactive));

    office.lease(AGENT);

    assert_eq!(office.mailboxes.status(id(AGENT), office.now), Some(Status::Active));
    let expected: Vec<String> = (0..20).map(|tag| format!("ask {tag}")).collect();
    assert_eq!(office.read(AGENT), expected);
    assert_eq!(office.read(AGENT), Vec::<String>::new());
    office.answer(3).unwrap();
    assert_eq!(office.read(USER), ["answer 3"]);
    let statistics = office.mailboxes.statistics(id(AGENT)).unwrap();
    let expected =
        Statistics { incoming: 20, outgoing: 0, completed: 1, in_progress: 19, queued: 0 };
    assert_eq!(statistics, expected);
}

#[test]
fn a_tracked_request_is_never_delivered_twice_and_its_caller_is_told() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Tracked);
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), ["ask 1"]);

    office.lease(AGENT);

    assert_eq!(office.read(AGENT), Vec::<String>::new());
    assert_eq!(office.read(USER), ["ProgramGone"]);
    assert_eq!(office.answer(1), Ok(Put::Unmatched), "the caller has an outcome already");
}

#[test]
fn a_durable_request_is_delivered_again_until_it_is_answered_and_never_after() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    for deliveries in 1..=3 {
        let generation = office.lease(AGENT);
        let parcels = office.take(AGENT, generation).unwrap();
        assert_eq!(parcels.iter().map(|one| one.deliveries).collect::<Vec<_>>(), [deliveries]);
    }
    office.answer(1).unwrap();
    assert_eq!(office.read(USER), ["answer 1"]);

    office.lease(AGENT);
    assert_eq!(office.read(AGENT), Vec::<String>::new());
    let put = office.put(request(1, Delivery::Durable), "ask 1").unwrap();

    let Put::AnsweredBefore(answer, place) = put else { panic!("{put:?}") };
    assert_eq!(office.body(place), "answer 1");
    office.mailboxes.answer_again(&mut office.tape, answer, b"answer 1").unwrap();
    assert_eq!(office.read(AGENT), Vec::<String>::new(), "it does not run again");
    assert_eq!(office.read(USER), ["answer 1"]);
}

#[test]
fn redelivered_messages_keep_their_place_before_later_ones() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    office.ask(2, Delivery::Durable);
    office.lease(AGENT);
    office.read(AGENT);
    office.ask(3, Delivery::Durable);

    office.lease(AGENT);

    assert_eq!(office.read(AGENT), ["ask 1", "ask 2", "ask 3"]);
}

#[test]
fn after_the_last_delivery_it_is_a_dead_letter_and_its_caller_is_told() {
    let mut office = Office::new(Limits { deliveries: 2, ..Limits::default() });
    office.ask(1, Delivery::Durable);
    for _ in 0..2 {
        office.lease(AGENT);
        assert_eq!(office.read(AGENT), ["ask 1"]);
    }

    office.lease(AGENT);

    assert_eq!(office.read(AGENT), Vec::<String>::new());
    assert_eq!(office.read(USER), ["Undeliverable { deliveries: 2 }"]);
    let dead: Vec<u64> = office.mailboxes.dead_letters(None).map(|(number, _)| number).collect();
    office.mailboxes.replay(&mut office.tape, dead[0], b"ask 1").unwrap();
    assert_eq!(office.read(AGENT), ["ask 1"]);
    assert_eq!(office.mailboxes.dead_letters(None).count(), 0);
}

#[test]
fn a_repeated_put_of_what_is_not_over_changes_nothing() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Tracked);

    let again = office.put(request(1, Delivery::Tracked), "ask 1").unwrap();

    assert!(matches!(again, Put::Repeated(_)));
    let elsewhere = Letter { to: id(USER), ..request(1, Delivery::Tracked) };
    let tag = elsewhere.tag;
    assert_eq!(office.put(elsewhere, "another"), Err(PutError::TagInUse(tag)));
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), ["ask 1"]);
}

#[test]
fn an_old_holder_that_comes_back_is_refused() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    let old = office.lease(AGENT);
    office.take(AGENT, old).unwrap();
    let new = office.lease(AGENT);

    let stale = MailboxError::Stale { mailbox: id(AGENT), given: old, current: new };
    assert_eq!(office.take(AGENT, old), Err(stale));
    let letter = request(1, Delivery::Durable).answer();
    let answer = office.mailboxes.put(&mut office.tape, letter, b"late", Some(old));
    assert_eq!(answer, Err(PutError::Mailbox(stale)));
    assert_eq!(office.read(AGENT), ["ask 1"], "the new holder has it, and is not disturbed");
    office.mailboxes.release(id(AGENT), old, office.now);
    assert_eq!(office.mailboxes.holder(id(AGENT)), Some(new));
}

#[test]
fn an_answer_that_is_not_acknowledged_goes_to_the_next_program() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    office.lease(AGENT);
    office.read(AGENT);
    office.answer(1).unwrap();
    let explicitly = Acknowledge::Explicitly;
    let (first, most) = (office.lease(USER), (10, 1 << 20));
    let take = |office: &mut Office, generation| {
        office.mailboxes.take(&mut office.tape, id(USER), generation, most, explicitly).unwrap()
    };
    assert_eq!(take(&mut office, first).len(), 1);

    let second = office.lease(USER);
    let parcels = take(&mut office, second);

    assert_eq!(parcels[0].deliveries, 2);
    let sequence = parcels[0].sequence;
    office.mailboxes.acknowledge(&mut office.tape, id(USER), second, sequence).unwrap();
    let third = office.lease(USER);
    assert_eq!(take(&mut office, third), []);
}

#[test]
fn callers_of_a_program_without_a_sign_of_life_are_told() {
    let stale = Duration::from_secs(90);
    let mut office = Office::new(Limits { stale, ..Limits::default() });
    office.ask(1, Delivery::Tracked);
    office.ask(2, Delivery::Durable);
    let generation = office.lease(AGENT);
    office.read(AGENT);
    office.pass(stale * 10);
    assert_eq!(office.read(USER), Vec::<String>::new(), "it is connected, and may take its time");

    office.mailboxes.release(id(AGENT), generation, office.now);
    office.pass(stale / 2);
    office.mailboxes.beat(&mut office.tape, id(AGENT), office.now).unwrap();
    office.pass(stale - Duration::from_millis(1));
    assert_eq!(office.read(USER), Vec::<String>::new());
    office.pass(Duration::from_millis(1));

    assert_eq!(office.read(USER), ["ProgramGone"]);
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), ["ask 2"]);
}

#[test]
fn a_request_that_nobody_takes_in_time_does_not_run() {
    let mut office = Office::new(Limits::default());
    for (tag, delivery) in [(1, Delivery::Tracked), (2, Delivery::Durable)] {
        let expires = Some(office.now.after(Duration::from_secs(30)));
        let letter = Letter { expires, ..request(tag, delivery) };
        office.put(letter, "ask").unwrap();
    }
    office.pass(Duration::from_secs(29));
    assert_eq!(office.read(USER), Vec::<String>::new());

    office.pass(Duration::from_secs(1));

    assert_eq!(office.read(USER), ["Expired", "Expired"]);
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), Vec::<String>::new());
    assert_eq!(office.mailboxes.dead_letters(Some(id(AGENT))).count(), 1);
}

/// Each lost connection counted as a delivery, and five of them made a dead letter of a request
/// that no program ever had.
#[test]
fn what_never_arrived_does_not_count_as_delivered() {
    let mut office = Office::new(Limits::default());
    let generation = office.lease(AGENT);
    office.ask(1, Delivery::Durable);
    for _ in 0..10 {
        let parcels = office.take(AGENT, generation).unwrap();
        assert_eq!(parcels[0].deliveries, 1);
        let held = std::collections::HashSet::new();
        office.mailboxes.resume(&mut office.tape, id(AGENT), generation, &held).unwrap();
    }
}

/// What was taken for a connection that broke counted as delivered: a tracked request failed, and
/// a durable one lost one of its deliveries, although no program ever saw them.
#[test]
fn what_never_left_is_put_back_and_was_not_delivered() {
    let mut office = Office::new(Limits { deliveries: 1, ..Limits::default() });
    let expires = Some(office.now.after(Duration::from_secs(30)));
    office.put(Letter { expires, ..request(1, Delivery::Tracked) }, "ask 1").unwrap();
    office.ask(2, Delivery::Durable);
    let generation = office.lease(AGENT);
    let taken: Vec<u64> =
        office.take(AGENT, generation).unwrap().iter().map(|parcel| parcel.sequence).collect();

    office.mailboxes.put_back(&mut office.tape, id(AGENT), generation, &taken);

    let second = office.lease(AGENT);
    let again = office.take(AGENT, second).unwrap();
    assert_eq!(again.iter().map(|parcel| parcel.deliveries).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(office.read(USER), Vec::<String>::new(), "nobody is told of a failure");
    office.mailboxes.put_back(&mut office.tape, id(AGENT), generation, &taken);
    assert_eq!(office.read(AGENT), Vec::<String>::new(), "another program has them by now");
    office.mailboxes.put_back(&mut office.tape, id(AGENT), second, &taken[..1]);
    office.pass(Duration::from_secs(30));
    assert_eq!(office.read(USER), ["Expired"], "time goes on for what was put back");
}

/// Such an answer was thrown away, while Academy delivers it.
#[test]
fn an_answer_that_nobody_asked_for_arrives_unless_it_could_be_a_second_one() {
    let mut office = Office::new(Limits { messages_per_mailbox: 1, ..Limits::default() });
    office.register(3, Profile::default());
    let answer = |from: u128, tag| {
        let letter = request(tag, Delivery::Durable).answer();
        Letter { from: id(from), label: None, ..letter }
    };
    let unasked = |office: &mut Office, letter: Letter| {
        office.mailboxes.put_unasked(&mut office.tape, &letter, b"unasked")
    };
    office.ask(1, Delivery::Tracked);

    assert_eq!(unasked(&mut office, answer(3, 1)), Ok(Put::Unmatched), "it would be a forgery");
    let of_handle = Letter { label: Some(uuid::Uuid::from_u128(7)), ..answer(3, 2) };
    assert_eq!(unasked(&mut office, of_handle), Ok(Put::Unmatched), "a handle has its outcome");
    assert!(matches!(unasked(&mut office, answer(3, 2)), Ok(Put::Accepted(_))));

    let full = unasked(&mut office, answer(3, 4));
    assert!(matches!(full, Err(PutError::Full { messages: 1, .. })), "{full:?}");
    assert_eq!(office.read(USER), ["unasked"]);
}

#[test]
fn an_answer_that_never_left_is_put_once_more() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    office.lease(AGENT);
    office.read(AGENT);
    office.answer(1).unwrap();
    let generation = office.lease(USER);
    let taken = office.take(USER, generation).unwrap();
    let letter = taken[0].letter.clone();

    assert!(office.mailboxes.put_back_answer(&mut office.tape, letter.clone(), b"answer 1"));

    assert_eq!(office.read(USER), ["answer 1"]);
    office.mailboxes.terminate(&mut office.tape, id(USER), office.now).unwrap();
    assert!(!office.mailboxes.put_back_answer(&mut office.tape, letter, b"answer 1"));
}

/// After an orderly restart of the exchange, a program that had lived on was taken for a new one,
/// and the callers of what it was working at were told that it had ended.
#[test]
fn a_program_that_lived_through_a_restart_goes_on_if_it_proves_it() {
    for proves_it in [true, false] {
        let stale = Duration::from_secs(90);
        let mut office = Office::new(Limits { stale, ..Limits::default() });
        for (tag, delivery) in
            [(1, Delivery::Tracked), (2, Delivery::Tracked), (3, Delivery::Durable)]
        {
            office.ask(tag, delivery);
        }
        let generation = office.lease(AGENT);
        office.read(AGENT);
        office.mailboxes.pause(&mut office.tape, id(AGENT), generation);
        office.mailboxes.pause(&mut office.tape, id(USER), 0);
        office.restart();

        let resumed = office.mailboxes.reinstate(&mut office.tape, id(AGENT), office.now);
        assert_eq!(resumed, Some(generation));
        assert_eq!(
            office.mailboxes.reinstate(&mut office.tape, id(AGENT), office.now),
            None,
            "once"
        );
        assert_eq!(office.mailboxes.reinstate(&mut office.tape, id(USER), office.now), None);
        if proves_it {
            office.answer(1).unwrap();
        }
        office.pass(stale);

        if proves_it {
            assert_eq!(office.read(USER), ["answer 1"]);
            assert_eq!(office.read(AGENT), Vec::<String>::new());
            office.answer(2).unwrap();
            assert_eq!(office.read(USER), ["answer 2"]);
        } else {
            assert_eq!(office.read(USER), ["ProgramGone", "ProgramGone"]);
            assert_eq!(office.read(AGENT), ["ask 3"]);
        }
    }
}

#[test]
fn who_comes_long_after_a_restart_is_a_new_program() {
    let stale = Duration::from_secs(90);
    let mut office = Office::new(Limits { stale, ..Limits::default() });
    office.ask(1, Delivery::Durable);
    let generation = office.lease(AGENT);
    office.read(AGENT);
    office.mailboxes.pause(&mut office.tape, id(AGENT), generation);
    office.restart();
    office.pass(Duration::from_secs(1));
    office.pass(stale);

    assert_eq!(office.mailboxes.reinstate(&mut office.tape, id(AGENT), office.now), None);
    office.lease(AGENT);
    assert_eq!(office.read(AGENT), ["ask 1"]);
}
