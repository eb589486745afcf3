//! Finding mailboxes.

use std::collections::BTreeMap;

use lyceum_exchange::mailbox::{Limits, MailboxId, Profile, Query};

use crate::office::{Office, id};

fn office() -> Office {
    let mut office = Office::new(Limits::default());
    let profile = |name: &str, types: &[&str], room: &str| Profile {
        name: Some(name.into()),
        is_agent: true,
        types: types.iter().map(|name| (*name).to_owned()).collect(),
        attributes: BTreeMap::from([("room".into(), room.into())]),
    };
    office.register(10, profile("a", &["m.Sensor", "academy.agent.Agent"], "1"));
    office.register(11, profile("b", &["m.Outer.Rain", "m.Sensor", "academy.agent.Agent"], "1"));
    office.register(12, profile("b", &["m.Other", "academy.agent.Agent"], "2"));
    office
}

fn of_type(name: &str, subtypes: bool) -> Query {
    Query { of_type: Some(name.into()), subtypes, ..Query::default() }
}

#[test]
fn types_names_and_attributes_narrow_the_search() {
    let office = office();
    let find = |query: Query| office.mailboxes.find(&query);
    let none: [MailboxId; 0] = [];

    assert_eq!(find(of_type("m.Sensor", true)), [id(10), id(11)]);
    assert_eq!(find(of_type("m.Sensor", false)), [id(10)]);
    assert_eq!(find(of_type("academy.agent.Agent", true)).len(), 3);
    assert_eq!(find(of_type("academy.agent.Agent", false)), none);
    assert_eq!(find(of_type("m.Rain", false)), [id(11)], "a nested class, as Academy asks for it");
    let named = |name: &str| Query { name: Some(name.into()), ..Query::default() };
    assert_eq!(find(named("b")), [id(11), id(12)]);
    assert_eq!(
        find(Query { attribute: Some(("room".into(), "1".into())), ..named("b") }),
        [id(11)]
    );
    assert_eq!(find(named("nobody")), none);
    assert_eq!(find(Query::default()), none);
}

#[test]
fn what_has_ended_or_changed_is_found_as_it_is_now() {
    let mut office = office();
    office.mailboxes.terminate(&mut office.tape, id(10), office.now).unwrap();
    office.register(11, Profile { types: vec!["m.New".into()], ..Profile::default() });

    assert_eq!(office.mailboxes.find(&of_type("m.Sensor", true)), []);
    assert_eq!(office.mailboxes.find(&of_type("m.New", true)), [id(11)]);
}
