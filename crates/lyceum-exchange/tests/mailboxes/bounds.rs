//! Nothing grows without a limit, and nothing is promised without space.

use lyceum_exchange::mailbox::{
    Acknowledge, Delivery, Letter, Limits, MailboxError, Parcel, Profile, Put, PutError,
    RegisterError,
};

use crate::office::{AGENT, Office, USER, id, request};

#[test]
fn a_full_mailbox_refuses_requests_and_still_takes_answers() {
    let mut office = Office::new(Limits { messages_per_mailbox: 2, ..Limits::default() });
    office.ask(1, Delivery::Tracked);
    office.ask(2, Delivery::Tracked);
    let full = PutError::Full { mailbox: id(AGENT), messages: 2, bytes: 10 };
    assert_eq!(office.put(request(3, Delivery::Tracked), "ask 3"), Err(full));
    let back = |tag| Letter { from: id(AGENT), to: id(USER), ..request(tag, Delivery::Tracked) };
    office.put(back(8), "back").unwrap();
    office.put(back(9), "back").unwrap();

    office.lease(AGENT);
    office.read(AGENT);
    office.answer(1).unwrap();
    office.answer(2).unwrap();

    assert_eq!(office.read(USER), ["back", "back", "answer 1", "answer 2"]);
}

#[test]
fn one_message_longer_than_the_bytes_of_a_mailbox_is_admitted_alone() {
    let mut office = Office::new(Limits { bytes_per_mailbox: 4, ..Limits::default() });
    office.put(request(1, Delivery::Tracked), "longer").unwrap();

    let second = office.put(request(2, Delivery::Tracked), "x");

    assert!(matches!(second, Err(PutError::Full { messages: 1, bytes: 6, .. })), "{second:?}");
}

#[test]
fn an_answer_that_is_too_long_fails_the_request_instead_of_leaving_its_caller_alone() {
    let mut office = Office::new(Limits { message: 10, ..Limits::default() });
    office.ask(1, Delivery::Tracked);
    office.lease(AGENT);
    office.read(AGENT);

    let letter = request(1, Delivery::Tracked).answer();
    let put = office.put(letter, "longer than ten");

    assert_eq!(put, Err(PutError::TooLarge { size: 15, limit: 10 }));
    assert_eq!(office.read(USER), ["AnswerTooLarge { size: 15, limit: 10 }"]);
}

#[test]
fn outstanding_requests_are_bounded_for_sender_and_receiver() {
    let mut office = Office::new(Limits { outstanding: 2, ..Limits::default() });
    office.ask(1, Delivery::Tracked);
    office.lease(AGENT);
    office.read(AGENT);
    office.ask(2, Delivery::Tracked);

    let third = office.put(request(3, Delivery::Tracked), "ask 3");

    let refused = PutError::TooManyOutstanding { mailbox: id(USER), limit: 2 };
    assert_eq!(third, Err(refused));
    office.answer(1).unwrap();
    office.ask(3, Delivery::Tracked);
}

#[test]
fn owners_and_profiles_are_bounded() {
    let limits = Limits { mailboxes_per_owner: 3, profile: 4, ..Limits::default() };
    let mut office = Office::new(limits);
    office.register(3, Profile::default());
    let mut register = |owner: &str, name: &str| {
        let profile = Profile { name: Some(name.into()), ..Profile::default() };
        office.mailboxes.register(&mut office.tape, id(4), profile, owner)
    };

    assert_eq!(register("ada", "a"), Err(RegisterError::TooMany { limit: 3 }));
    let too_long = RegisterError::ProfileTooLarge { size: 5, limit: 4 };
    assert_eq!(register("bob", "a b c"), Err(too_long));
    assert_eq!(register("bob", "b"), Ok(()));
    assert_eq!(register("eve", "e"), Err(RegisterError::NotYours(id(4))));
}

#[test]
fn the_oldest_answers_and_dead_letters_make_room() {
    let limits = Limits { answers: 1, dead_letters: 1, deliveries: 1, ..Limits::default() };
    let mut office = Office::new(limits);
    for tag in 1..=2 {
        office.ask(tag, Delivery::Durable);
        office.lease(AGENT);
        office.read(AGENT);
        office.answer(tag).unwrap();
        office.read(USER);
    }
    let forgotten = office.put(request(1, Delivery::Durable), "ask 1").unwrap();
    assert!(matches!(forgotten, Put::Accepted(_)), "{forgotten:?}");
    office.ask(3, Delivery::Durable);
    office.lease(AGENT);
    office.read(AGENT);

    office.lease(AGENT);

    let dead: Vec<_> = office.mailboxes.dead_letters(None).map(|(_, dead)| dead).collect();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].letter.tag.as_u128(), 3);
}

#[test]
fn a_full_storage_refuses_what_is_new_and_lets_what_is_there_end() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Durable);
    let generation = office.lease(AGENT);
    office.tape.is_full = true;

    let refused = Err(PutError::Mailbox(MailboxError::StorageFull));
    assert_eq!(office.put(request(2, Delivery::Durable), "ask 2"), refused);
    assert_eq!(office.take(AGENT, generation).unwrap().len(), 1);
    assert_eq!(office.answer(1), refused, "the answer can be sent again when there is space");
    office.tape.is_full = false;
    office.answer(1).unwrap();
    assert_eq!(office.read(USER), ["answer 1"]);
}

#[test]
fn without_even_the_reserve_nothing_is_handed_out_and_nothing_is_lost() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Tracked);
    let generation = office.lease(AGENT);
    office.tape.is_exhausted = true;

    assert_eq!(office.take(AGENT, generation), Err(MailboxError::StorageFull));
    let ended = office.mailboxes.terminate(&mut office.tape, id(AGENT), office.now);
    assert_eq!(ended, Err(MailboxError::StorageFull));
    office.tape.is_exhausted = false;
    assert_eq!(office.read(AGENT), ["ask 1"]);
}

#[test]
fn a_full_mailbox_takes_one_cancellation_of_each_request() {
    let mut office = Office::new(Limits { messages_per_mailbox: 1, ..Limits::default() });
    office.ask(1, Delivery::Tracked);
    let generation = office.lease(AGENT);
    office.take(AGENT, generation).unwrap();
    office.ask(2, Delivery::Tracked);
    let mut cancel = |target, tag, body: &str| {
        let letter = (request(tag, Delivery::Tracked), uuid::Uuid::from_u128(target));
        office.mailboxes.put_cancel(&mut office.tape, letter, body.as_bytes(), None)
    };

    assert!(matches!(cancel(2, 11, "cancel 2"), Ok(Put::Accepted(_))));
    assert!(matches!(cancel(1, 12, "cancel 1"), Ok(Put::Accepted(_))));
    assert!(matches!(cancel(1, 13, "again"), Err(PutError::Full { .. })));
    let long = "x".repeat(5_000);
    assert!(matches!(cancel(2, 14, &long), Err(PutError::Full { .. })));

    let Office { mailboxes, tape, .. } = &mut office;
    let (agent, most) = (id(AGENT), (10, u64::MAX));
    let explicitly = Acknowledge::Explicitly;
    let urgent = mailboxes.take_urgent(tape, agent, generation, most, explicitly).unwrap();
    let tags = |parcels: &[Parcel]| -> Vec<u128> {
        parcels.iter().map(|parcel| parcel.letter.tag.as_u128()).collect()
    };
    assert_eq!(tags(&urgent), [12], "the request of the other one is not taken yet");
    assert!(!mailboxes.has_urgent(agent));
    let rest = mailboxes.take(tape, agent, generation, (1, u64::MAX), explicitly).unwrap();
    assert_eq!(tags(&rest), [2]);
    let urgent = mailboxes.take_urgent(tape, agent, generation, most, explicitly).unwrap();
    assert_eq!(tags(&urgent), [11]);
}
