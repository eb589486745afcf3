//! Bounds on rate, size, count and time.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::{AGENT, Events, USER, ask_with, entity, message, ping};
use crate::house::{House, Plan};

async fn build(plan: Plan) -> House {
    let house = House::build(plan).await;
    house.register(USER).await;
    house.register(AGENT).await;
    house
}

fn long_ping(tag: u128, bytes: usize) -> String {
    let body = json!({ "kind": "ping-request", "more": "\"".repeat(bytes) });
    message("request", USER, AGENT, tag, &body)
}

#[tokio::test]
async fn a_full_mailbox_makes_its_senders_wait_and_refuses_them_in_the_end() {
    let mut plan = Plan::default();
    plan.settings.limits.messages_per_mailbox = 1;
    plan.server.room = Duration::from_secs(60);
    let house = build(plan).await;
    house.put("", &ping(1)).await;
    let second = ping(2);
    let mut waiting = Box::pin(house.put("", &second));
    assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());

    let (answer, taken) = tokio::join!(waiting, house.receive(AGENT));

    assert_eq!((answer.status, taken.status), (200, 200));
    house.close().await.unwrap();

    let mut plan = Plan::default();
    plan.settings.limits.messages_per_mailbox = 1;
    plan.server.room = Duration::from_millis(1);
    let house = build(plan).await;
    house.put("", &ping(1)).await;
    let refused = house.put("", &ping(2)).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.text.contains("is full: 1 messages"), "{refused:?}");
    house.close().await.unwrap();
}

#[tokio::test]
async fn messages_and_bodies_have_a_longest_length() {
    let mut plan = Plan::default();
    plan.settings.limits.message = 10_000;
    let house = build(plan).await;

    assert_eq!(house.put("", &long_ping(1, 4_000)).await.status, 200);
    let refused = house.put("", &long_ping(2, 6_000)).await;
    assert_eq!(refused.status, 413, "{refused:?}");
    assert!(refused.text.contains("larger than limit 10000"), "{refused:?}");
    let head = "content-length: 99999999999\r\n";
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let request = format!("PUT /message HTTP/1.1\r\nhost: localhost\r\n{head}\r\n{{");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413", "refused by what it announces");
    house.close().await.unwrap();
}

#[tokio::test]
async fn one_principal_has_so_many_requests_in_a_second() {
    let mut plan = Plan::default();
    plan.server.rate = 5;
    let house = House::build(plan).await;
    let body = json!({ "mailbox": entity(AGENT).to_string() });
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(house.ask("GET", "/mailbox", &body).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);

    house.pass(Duration::from_millis(200));

    assert_eq!(house.ask("GET", "/mailbox", &body).await.status, 200);
    house.close().await.unwrap();
}

#[tokio::test]
async fn connections_are_bounded_in_number_and_those_that_are_idle_in_time() {
    let mut plan = Plan::default();
    plan.server.connections = 20;
    plan.server.idle = Duration::from_millis(300);
    let house = House::build(plan).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(TcpStream::connect(house.address).await.unwrap());
    }

    let mut refused = TcpStream::connect(house.address).await.unwrap();
    // An idle one may be closed before it; then the new one has its place, and is closed later.
    assert_eq!(refused.read(&mut [0; 1]).await.unwrap_or_default(), 0);

    // One that sends its head slowly counts as idle, too.
    idle[0].write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
    for stream in &mut idle {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    let answer = ask_with(house.address, "GET", "/healthz", "", "").await;
    assert_eq!(answer.status, 200, "there are places again");
    house.close().await.unwrap();
}

#[tokio::test]
async fn ten_thousand_idle_connections_do_not_keep_others_out() {
    let house = build(Plan::default()).await;
    // As many as this process may have, both ends counted.
    let count = usize::try_from(
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(40_000),
    )
    .unwrap();
    let count = 10_000.min(count.saturating_sub(500) / 2);
    let mut idle = Vec::new();
    for _ in 0..count {
        idle.push(TcpStream::connect(house.address).await.unwrap());
    }
    assert!(count > 200, "{count}");

    house.put("", &ping(1)).await;

    assert_eq!(house.receive(AGENT).await.status, 200);
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_stream_that_nobody_reads_is_ended_and_holds_up_nobody_else() {
    let mut plan = Plan::default();
    plan.server.stall = Duration::from_millis(200);
    plan.settings.limits.messages_per_mailbox = 100_000;
    plan.settings.limits.bytes_per_mailbox = 1 << 30;
    plan.settings.segment = 64 << 20;
    let house = build(plan).await;
    let events = Events::open(&house, AGENT).await;

    // More than what sockets and buffers between them hold.
    let mut sent = 0;
    let ended = async |house: &House| {
        let metrics = house.ask("GET", "/metrics", &json!({})).await.text;
        metrics.contains("lyceum_exchange_streams 0\n")
    };
    while !ended(&house).await {
        sent += 1;
        assert_eq!(house.put("", &long_ping(sent, 100_000)).await.status, 200);
        assert!(sent < 2_000, "the stream is not ended");
    }

    let own = message("request", USER, USER, 9_999, &json!({ "kind": "ping-request" }));
    assert_eq!(house.put("", &own).await.status, 200);
    assert_eq!(house.body(USER).await["kind"], "ping-request");
    drop(events);
    house.close().await.unwrap();
}
