//! The end of mailboxes.

use lyceum_exchange::mailbox::{
    DeadReason, Delivery, Limits, MailboxError, Profile, PutError, RegisterError, Status,
};

use crate::office::{AGENT, Office, USER, id, request};

fn terminate(office: &mut Office, number: u128) {
    office.mailboxes.terminate(&mut office.tape, id(number), office.now).unwrap();
}

#[test]
fn every_request_to_a_terminated_mailbox_fails_whether_it_was_taken_or_not() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Tracked);
    let generation = office.lease(AGENT);
    office.read(AGENT);
    office.ask(2, Delivery::Tracked);
    office.ask(3, Delivery::Durable);

    terminate(&mut office, AGENT);

    assert_eq!(office.read(USER), ["Terminated"; 3]);
    let terminated = MailboxError::Terminated(id(AGENT));
    let put = office.put(request(4, Delivery::Tracked), "late");
    assert_eq!(put, Err(PutError::Mailbox(terminated)));
    assert_eq!(office.take(AGENT, generation), Err(terminated));
    assert_eq!(office.mailboxes.status(id(AGENT), office.now), Some(Status::Terminated));
    let dead: Vec<_> = office.mailboxes.dead_letters(None).map(|(_, dead)| dead.reason).collect();
    assert_eq!(dead, [DeadReason::Terminated], "what was durable can be looked at");
}

#[test]
fn a_terminated_mailbox_cannot_be_registered_again_and_takes_no_space() {
    let mut office = Office::new(Limits { mailboxes_per_owner: 2, ..Limits::default() });
    terminate(&mut office, AGENT);

    let again = office.mailboxes.register(&mut office.tape, id(AGENT), Profile::default(), "ada");

    assert_eq!(again, Err(RegisterError::Terminated(id(AGENT))));
    office.register(3, Profile::default());
    assert_eq!(office.mailboxes.counts(), [2, 0, 0]);
}

#[test]
fn the_longest_ended_mailboxes_are_forgotten() {
    let mut office = Office::new(Limits { gravestones: 2, ..Limits::default() });
    for number in 10..14 {
        office.register(number, Profile::default());
        terminate(&mut office, number);
    }

    let status = |number| office.mailboxes.status(id(number), office.now);

    assert_eq!([10, 11].map(status), [None, None]);
    assert_eq!([12, 13].map(status), [Some(Status::Terminated); 2]);
}

#[test]
fn ending_what_never_was_is_no_error() {
    let mut office = Office::new(Limits::default());
    terminate(&mut office, 99);
    assert_eq!(office.mailboxes.status(id(99), office.now), None);
}

#[test]
fn answers_to_a_caller_that_has_ended_are_dropped() {
    let mut office = Office::new(Limits::default());
    office.ask(1, Delivery::Tracked);
    office.lease(AGENT);
    office.read(AGENT);
    terminate(&mut office, USER);

    assert_eq!(office.answer(1), Err(PutError::Mailbox(MailboxError::Terminated(id(USER)))));
    assert_eq!(office.mailboxes.counts(), [1, 0, 0]);
}
