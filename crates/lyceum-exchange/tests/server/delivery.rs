//! What becomes of messages when programs come and go.

use std::time::Duration;

use lyceum_exchange::mailbox::Limits;
use serde_json::json;

use crate::ask::{AGENT, Answer, Events, USER, ask_with, entity, message, ping, pong};
use crate::house::{House, Plan};

const DURABLE: &str = "lyceum-delivery: durable\r\n";

async fn open() -> House {
    build(Plan::default()).await
}

async fn build(plan: Plan) -> House {
    let house = House::build(plan).await;
    house.register(USER).await;
    house.register(AGENT).await;
    house
}

/// Waits for the answer that tells of a failure.
async fn told(house: &House) -> String {
    loop {
        let answer = house.receive(USER).await;
        if answer.status == 200 {
            return answer.text;
        }
        assert_eq!(answer.status, 408, "{answer:?}");
    }
}

#[tokio::test]
async fn a_new_process_gets_what_was_durable_again_and_callers_of_the_rest_are_told() {
    let house = open().await;
    let mut old = Events::open(&house, AGENT).await;
    house.put("", &ping(1)).await;
    house.put(DURABLE, &ping(2)).await;
    // Both have arrived: what never left would not count as delivered.
    let mut came = 0;
    while came < 2 {
        came += old.next().await.unwrap().matches("data: ").count();
    }

    drop(old);
    let mut new = Events::open(&house, AGENT).await;

    let event = new.next().await.unwrap();
    assert_eq!(event, format!(": delivery 2\r\ndata: {}", ping(2)));
    assert!(told(&house).await.contains("has ended or was replaced"));
    house.put("", &pong(2)).await;
    assert_eq!(house.body(USER).await["kind"], "success-response");
    house.close().await.unwrap();
}

fn of(number: u128) -> serde_json::Value {
    json!({ "mailbox": entity(number).to_string() })
}

#[tokio::test]
async fn a_process_that_listens_again_is_the_same_one() {
    let house = open().await;
    let mut events = Events::connect(&house).await;
    assert_eq!(events.listen(AGENT, 0.05, "").await, 200);
    house.put(DURABLE, &ping(1)).await;
    events.next().await;
    events.body().await;
    assert_eq!(events.next().await, None, "the server ended the stream");

    // Another connection of the same process, as clients with a pool have it.
    let mut again = Events::open(&house, AGENT).await;
    house.put("", &ping(2)).await;

    assert_eq!(again.next().await.unwrap(), format!("data: {}", ping(2)), "and not 1 again");
    house.close().await.unwrap();
}

#[tokio::test]
async fn of_two_holders_the_new_one_has_the_mailbox_and_the_old_one_does_not_come_back() {
    let house = open().await;
    let mut old = Events::open(&house, AGENT).await;
    let mut new = Events::open(&house, AGENT).await;

    assert_eq!(old.next().await.as_deref(), Some("retry: 2147483647"));
    assert_eq!(old.next().await, None);
    house.put("", &ping(1)).await;
    assert_eq!(new.body().await["kind"], "ping-request");
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_holder_with_an_old_generation_is_refused_whatever_it_does() {
    let house = open().await;
    let lease = async || {
        let lease = house.ask("POST", "/mailbox/lease", &of(AGENT)).await.json();
        format!("lyceum-generation: {}\r\n", lease["generation"])
    };
    let old = lease().await;
    house.put(DURABLE, &ping(1)).await;
    let body = json!({ "mailbox": entity(AGENT).to_string(), "timeout": 0.02 }).to_string();
    let receive = async |headers: &str| {
        ask_with(house.address, "GET", "/message", headers, &body).await.status
    };
    assert_eq!(receive(&old).await, 200);
    let new = lease().await;

    assert_eq!(receive(&old).await, 409);
    assert_eq!(house.put(&old, &pong(1)).await.status, 409);
    assert_eq!(Events::connect(&house).await.listen(AGENT, 1.0, &old).await, 409);
    assert_eq!(receive(&new).await, 200);
    assert_eq!(house.put(&new, &pong(1)).await.status, 200);
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_durable_request_that_was_answered_does_not_run_again() {
    let house = open().await;
    house.put(DURABLE, &ping(1)).await;
    house.receive(AGENT).await.json();
    house.put("", &pong(1)).await;
    house.receive(USER).await.json();

    assert_eq!(house.put(DURABLE, &ping(1)).await.status, 200);

    assert_eq!(house.receive(AGENT).await.status, 408);
    assert_eq!(house.receive(USER).await.json()["message"], json!(pong(1)));
    house.close().await.unwrap();
}

#[tokio::test]
async fn the_caller_of_a_program_that_vanished_is_told_after_a_while() {
    let house = open().await;
    let mut events = Events::open(&house, AGENT).await;
    house.put("", &ping(1)).await;
    events.body().await;
    drop(events);
    // The server sees the end of the connection by itself.
    while house.ask("GET", "/metrics", &json!({})).await.text.contains("_streams 1") {}
    assert_eq!(house.receive(USER).await.status, 408);

    house.pass(Duration::from_secs(90));

    assert!(told(&house).await.contains("may have run in part"));
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_request_with_a_time_limit_does_not_run_after_it() {
    let house = open().await;
    house.put("lyceum-timeout: 1.5\r\n", &ping(1)).await;
    house.pass(Duration::from_millis(1_500));

    assert!(told(&house).await.contains("did not run"));
    assert_eq!(house.receive(AGENT).await.status, 408);
    house.close().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_told_to_the_caller() {
    let mut plan = Plan::default();
    plan.settings.limits = Limits { message: 2_000, ..Limits::default() };
    let house = build(plan).await;
    house.put("", &ping(1)).await;
    house.receive(AGENT).await.json();
    let long = json!({
        "kind": "action-response", "serialization": "json",
        "result": ["__serialized__", "x".repeat(3_000)],
    });

    let answer = house.put("", &message("response", AGENT, USER, 1, &long)).await;

    assert_eq!(answer.status, 413, "{}", answer.text);
    assert!(told(&house).await.contains("takes messages of 2000"));
    house.close().await.unwrap();
}

#[tokio::test]
async fn termination_answers_every_caller_in_academys_words() {
    let house = open().await;
    house.put("", &ping(1)).await;
    house.receive(AGENT).await.json();
    house.put("", &ping(2)).await;
    let mut stream = Events::open(&house, USER).await;

    house.ask("DELETE", "/mailbox", &of(AGENT)).await;

    let event = stream.next().await.unwrap();
    let answers: Vec<serde_json::Value> = event
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(answers.len(), 2);
    for (answer, tag) in answers.iter().zip([1_u128, 2]) {
        let tag = json!(uuid::Uuid::from_u128(tag));
        assert_eq!((&answer["header"]["tag"], &answer["header"]["label"]), (&tag, &tag));
        assert_eq!(answer["body"]["error_code"], 0);
        assert_eq!(answer["body"]["mailbox_id"], entity(AGENT));
    }
    house.close().await.unwrap();
}

#[tokio::test]
async fn dead_letters_are_listed_replayed_and_thrown_away() {
    let mut plan = Plan::default();
    plan.settings.limits.deliveries = 1;
    let house = build(plan).await;
    for tag in 1..=2 {
        house.put(DURABLE, &ping(tag)).await;
    }
    drop(Events::open(&house, AGENT).await.next().await);
    // The dead program's requests are over when the next one comes.
    let _second = Events::open(&house, AGENT).await;
    let listed = async || {
        let letters = house.ask("GET", "/dead-letters", &of(AGENT)).await.json();
        letters["dead_letters"].as_array().unwrap().clone()
    };
    let letters = listed().await;
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0]["reason"], "Undeliverable");
    assert!(told(&house).await.contains("1 times"));

    let number = |letter: &serde_json::Value| letter["sequence"].as_u64().unwrap();
    let path = format!("/dead-letters/{}/replay", number(&letters[0]));
    assert_eq!(house.ask("POST", &path, &json!({})).await.status, 200);
    let path = format!("/dead-letters/{}", number(&letters[1]));
    assert_eq!(house.ask("DELETE", &path, &json!({})).await.status, 200);

    assert_eq!(listed().await, Vec::<serde_json::Value>::new());
    let again = house.ask("DELETE", &path, &json!({})).await;
    assert_eq!((again.status, again.text.contains("dead letter")), (404, true));
    house.close().await.unwrap();
}

#[tokio::test]
async fn an_orderly_end_ends_streams_and_keeps_what_waits() {
    let house = open().await;
    let mut events = Events::open(&house, AGENT).await;
    let address = house.address;

    house.close().await.unwrap();

    assert_eq!(events.next().await, None, "in order, and not cut off");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// Such an answer was thrown away, while Academy delivers it.
#[tokio::test]
async fn an_answer_without_a_request_arrives_and_a_second_one_does_not() {
    let house = open().await;
    let plain = |tag: u128| {
        let mut message: serde_json::Value = serde_json::from_str(&pong(tag)).unwrap();
        message["header"]["label"] = serde_json::Value::Null;
        message.to_string()
    };
    assert_eq!(house.put("", &plain(1)).await.status, 200);
    assert_eq!(house.receive(USER).await.json()["message"], json!(plain(1)));

    house.put("", &ping(2)).await;
    house.receive(AGENT).await.json();
    for _ in 0..2 {
        assert_eq!(house.put("", &pong(2)).await.status, 200);
    }
    assert_eq!(house.body(USER).await["kind"], "success-response");
    assert_eq!(house.receive(USER).await.status, 408, "a second one ends Academy's listener");
    house.close().await.unwrap();
}

#[tokio::test]
async fn messages_to_oneself_pass_as_well() {
    let house = open().await;
    let own = message("request", USER, USER, 5, &json!({ "kind": "ping-request" }));
    assert_eq!(house.put("", &own).await, Answer { status: 200, text: String::new() });
    assert_eq!(house.body(USER).await["kind"], "ping-request");
    house.close().await.unwrap();
}
