//! Messages that were taken for a client that is gone.

use std::collections::BTreeSet;

use serde_json::json;

use crate::ask::{AGENT, Events, USER, entity, message, ping};
use crate::house::{House, Plan};

const DURABLE: &str = "lyceum-delivery: durable\r\n";

/// Requests of this many bytes fill the buffers of a connection soon.
const LONG: usize = 100_000;

async fn build() -> House {
    let mut plan = Plan::default();
    plan.settings.limits.messages_per_mailbox = 10_000;
    plan.settings.limits.bytes_per_mailbox = 1 << 30;
    plan.settings.segment = 64 << 20;
    let house = House::build(plan).await;
    house.register(USER).await;
    house.register(AGENT).await;
    house
}

async fn count(house: &House, what: &str) -> u64 {
    let of = json!({ "mailbox": entity(AGENT).to_string() });
    house.ask("GET", "/mailbox/stats", &of).await.json()[what].as_u64().unwrap()
}

async fn no_stream_is_open(house: &House) -> bool {
    house.ask("GET", "/metrics", &json!({})).await.text.contains("lyceum_exchange_streams 0\n")
}

/// Sends until a client that does not read is given no more; returns how many.
async fn fill(house: &House, headers: &str) -> u64 {
    for tag in 0..1_000 {
        let body = json!({ "kind": "ping-request", "more": "x".repeat(LONG) });
        let text = message("request", USER, AGENT, tag, &body);
        assert_eq!(house.put(headers, &text).await.status, 200);
        if count(house, "queued").await > 70 {
            return u64::try_from(tag).unwrap() + 1;
        }
    }
    panic!("all of it was taken");
}

/// Whatever was taken for a connection counted as delivered, also what had never left the server.
#[tokio::test]
async fn what_never_left_the_server_was_not_delivered() {
    let house = build().await;
    let events = Events::open(&house, AGENT).await;
    let sent = fill(&house, DURABLE).await;
    let taken = count(&house, "in_progress").await;

    drop(events);
    while !no_stream_is_open(&house).await {}

    let mut again = Events::open(&house, AGENT).await;
    let (mut came, mut repeated) = (BTreeSet::new(), 0);
    while came.len() < usize::try_from(sent).unwrap() {
        let chunk = again.next().await.unwrap();
        repeated += chunk.lines().filter(|line| line.starts_with(": delivery 2")).count();
        for line in chunk.lines().filter_map(|line| line.strip_prefix("data: ")) {
            let message: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(came.insert(message["header"]["tag"].to_string()), "it came twice");
        }
    }
    assert!((repeated as u64) < taken, "{repeated} of {taken} were delivered before");
    house.close().await.unwrap();
}

/// The same for tracked ones, whose callers were told that they might have run.
#[tokio::test]
async fn callers_are_told_of_what_was_delivered_alone() {
    let house = build().await;
    let events = Events::open(&house, AGENT).await;
    let sent = fill(&house, "").await;
    let taken = count(&house, "in_progress").await;

    drop(events);
    while !no_stream_is_open(&house).await {}
    let mut again = Events::open(&house, AGENT).await;

    let mut failed = 0;
    while house.receive(USER).await.status == 200 {
        failed += 1;
    }
    assert!(failed < taken, "{failed} of {taken} failed");
    let mut came = 0;
    while came < sent - failed {
        let chunk = again.next().await.unwrap();
        came += chunk.lines().filter(|line| line.starts_with("data: ")).count() as u64;
    }
    assert_eq!(came + failed, sent, "each has one outcome");
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_long_poll_whose_client_is_gone_takes_nothing() {
    let house = build().await;
    let mut poll = Events::connect(&house).await;
    let body = json!({ "mailbox": entity(AGENT).to_string(), "timeout": 60 });
    poll.send("GET", "/message", &body).await;

    drop(poll);
    // This question has a connection, too.
    let alone = "lyceum_exchange_connections 1\n";
    while !house.ask("GET", "/metrics", &json!({})).await.text.contains(alone) {}
    house.put("", &ping(1)).await;

    assert_eq!(count(&house, "queued").await, 1);
    assert_eq!(house.receive(AGENT).await.json()["message"], json!(ping(1)));
    house.close().await.unwrap();
}
