//! Durable messages that are larger than a message may be: what they refer to lasts as they do.

use lyceum::prelude::*;

use crate::agents::{Clerk, Doomed, Watch, address};
use crate::house::{House, Plan};
use crate::references::{Depot, ask, text};

const DAY: Duration = Duration::from_secs(86_400);

/// Waits until the depot has so many files.
async fn until(depot: &Depot, node: &Node, files: usize) {
    while depot.files() != files {
        node.sleep(Duration::from_millis(1)).await;
    }
}

/// Lets days pass, and waits until the server has looked for what expired since, twice.
async fn days_pass(depot: &Depot, node: &Node) {
    let before = depot.files();
    for number in 1..=2 {
        let path = format!("/blob/{number:032x}");
        ask(&depot.house, "PUT", &path, "lyceum-expires: 1\r\n", "{}").await;
        depot.house.pass(DAY * 10);
        until(depot, node, before).await;
    }
}

async fn far(house: &House) -> (Node, Handle<Clerk>) {
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(house)).await.unwrap();
    (client, clerk)
}

/// A durable call with more bytes than a message may have ended `TooLarge`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_arguments_and_results_pass_and_leave_nothing() {
    let depot = Depot::open("lasting").await;
    let server = Doomed::serving(&depot.house, &Watch::default()).await;
    let (client, clerk) = far(&depot.house).await;
    let large = text(1 << 20);
    assert!(clerk.echo(large.clone()).durable().await.unwrap() == large);
    until(&depot, &client, 0).await;
    assert_eq!(clerk.echo("small".into()).durable().await.unwrap(), "small");
    client.shutdown().await;
    server.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_days_is_there_when_its_agent_comes() {
    let depot = Depot::open("lasting-days").await;
    Doomed::serving(&depot.house, &Watch::default()).await.node.shutdown().await;
    let (client, clerk) = far(&depot.house).await;
    let large = text(1 << 20);
    let waiting = clerk.echo(large.clone()).durable().send();
    until(&depot, &client, 2).await;
    days_pass(&depot, &client).await;

    let server = Doomed::serving(&depot.house, &Watch::default()).await;
    assert!(waiting.await.unwrap() == large);
    until(&depot, &client, 0).await;
    client.shutdown().await;
    server.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_agent_had_fetched_is_fetched_by_the_next() {
    let depot = Depot::open("lasting-killed").await;
    let watch = Watch::default();
    let first = Doomed::serving(&depot.house, &watch).await;
    let (client, clerk) = far(&depot.house).await;
    let large = text(1 << 20);
    let waiting = clerk.carry(large.clone()).durable().send();
    watch.begun.notified().await;
    first.kill();
    let second = Doomed::serving(&depot.house, &watch).await;
    watch.begun.notified().await;
    watch.gate.notify_one();

    assert!(waiting.await.unwrap() == large);
    assert_eq!(*watch.attempts.lock().unwrap(), [1, 2]);
    until(&depot, &client, 0).await;
    client.shutdown().await;
    second.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_keeps_its_body_until_it_is_thrown_away() {
    let mut plan = Plan::default();
    plan.settings.limits.deliveries = 1;
    let depot = Depot::build("lasting-dead", 64 << 20, plan).await;
    let watch = Watch::default();
    let server = Doomed::serving(&depot.house, &watch).await;
    let (client, clerk) = far(&depot.house).await;
    let waiting = clerk.carry(text(1 << 20)).durable().send();
    watch.begun.notified().await;
    server.kill();
    let server = Doomed::serving(&depot.house, &watch).await;
    let error = waiting.await.unwrap_err();
    assert!(format!("{error:?}").contains("dead letter"), "{error:?}");
    days_pass(&depot, &client).await;
    assert_eq!(depot.files(), 2, "it may be replayed");

    let listed = ask(&depot.house, "GET", "/dead-letters", "", "{}").await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let path = format!("/dead-letters/{}", listed["dead_letters"][0]["sequence"]);
    ask(&depot.house, "DELETE", &path, "", "{}").await;
    until(&depot, &client, 0).await;
    client.shutdown().await;
    server.node.shutdown().await;
}

/// A program that dies between its two steps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_whose_message_never_came_goes_with_its_time() {
    let depot = Depot::open("lasting-lone").await;
    let node = Node::local();
    let nil = uuid::Uuid::nil();
    let headers = format!("lyceum-expires: 60\r\nlyceum-message: request {nil} {nil}\r\n");
    ask(&depot.house, "PUT", "/blob/00000000000000000000000000000001", &headers, "{}").await;
    assert_eq!(depot.files(), 2);
    depot.house.pass(DAY);
    until(&depot, &node, 0).await;
    node.shutdown().await;
}
