//! Messages that Academy wrote.

use lyceum_wire::academy::{Body, Message};
use serde_json::{Value as Json, json};

const MESSAGES: &str = include_str!("messages.txt");

fn bodies() -> Vec<Body> {
    let read = |line: &str| Message::read(line.as_bytes()).unwrap().body().unwrap();
    MESSAGES.lines().map(read).collect()
}

#[test]
fn what_academy_writes_is_read_and_written_back() {
    for line in MESSAGES.lines() {
        let message = Message::read(line.as_bytes()).unwrap();
        let header = message.header.clone();
        let back = Message { header, body: message.body().unwrap() }.to_json();
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        assert_eq!(json(&back), json(line));
    }
}

#[test]
fn every_body_is_there() {
    let kinds = bodies().into_iter().map(|body| json!(body)["kind"].take());
    let mut kinds = kinds.map(|kind| kind.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    kinds.dedup();
    let expected = [
        "action-request",
        "ping-request",
        "cancel-request",
        "shutdown-request",
        "action-response",
        "user-error-response",
        "academy-error-response",
        "success-response",
    ];
    assert_eq!(kinds, expected);
}
