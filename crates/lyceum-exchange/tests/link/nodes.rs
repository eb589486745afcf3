//! Calls between nodes on one server, by the link and by HTTP.

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use serde_json::json;

use crate::agents::{Clerk, MAILBOX, address, register, url};
use crate::house::{House, Plan};

async fn serve(house: &House) -> Node {
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).named("clerk").await.unwrap();
    register(&node, house, &clerk).await.unwrap();
    node
}

async fn end(nodes: [Node; 2], house: House) {
    for node in nodes {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_called_by_its_number_its_class_and_its_name() {
    let house = House::open().await;
    let (server, client) = (serve(&house).await, Node::local());
    for (name, sum) in [(MAILBOX.to_string(), 2), ("app.Clerk".into(), 4), ("clerk".into(), 6)] {
        let at = format!("{}/{name}", url(&house));
        let clerk = client.connect::<Clerk>(&at).await.unwrap();
        assert_eq!(clerk.add(2).await.unwrap(), sum, "{name}");
    }
    end([client, server], house).await;
}

/// Attributes were refused but on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_found_by_its_attributes_by_the_link_and_by_http() {
    let house = House::open().await;
    let (server, client) = (Node::local(), Node::local());
    for (name, room) in [("north", "7"), ("south", "7"), ("west", "a,b:7%")] {
        let clerk = server.launch(Clerk::default()).named(name).await.unwrap();
        let register = server.register_mailbox(&url(&house), &clerk.any()).name(name);
        register.attribute("room", room).attribute("floor", "1").keep().await.unwrap();
    }
    let academy = client.academy();
    let http = url(&house).replace("exchange://", "academy+http://");
    for url in [url(&house), http] {
        assert_eq!(academy.discover_with(&url, "room", "7").await.unwrap().len(), 2, "{url}");
        let west = academy.discover_with(&url, "room", "a,b:7%").await.unwrap();
        assert_eq!(west.len(), 1, "{url}");
        west[0].call("note", json!([7])).await.unwrap();
        assert_eq!(academy.discover_with(&url, "floor", "1").await.unwrap().len(), 3);
        assert!(academy.discover_with(&url, "floor", "7").await.unwrap().is_empty());
    }
    end([client, server], house).await;
}

/// Our note said of this server that what its first program was found by stays with a mailbox.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_found_by_what_its_last_program_said_by_the_link_and_by_http() {
    let house = House::open().await;
    let client = Node::local();
    let academy = client.academy();
    let http = url(&house).replace("exchange://", "academy+http://");
    for (number, url) in [url(&house), http].into_iter().enumerate() {
        let uid = uuid::Uuid::from_u128(90 + number as u128);
        let (old, new) = (Node::local(), Node::local());
        let clerk = old.launch(Clerk::default()).await.unwrap();
        let register = old.register_mailbox(&url, &clerk.any()).id(uid).name("north").keep();
        register.also("app.Old").attribute("room", "7").attribute("side", "a").await.unwrap();
        old.shutdown().await;
        let clerk = new.launch(Clerk::default()).await.unwrap();
        let register = new.register_mailbox(&url, &clerk.any()).id(uid).name("west");
        register.class("app.New").attribute("room", "8").await.unwrap();

        assert_eq!(academy.discover_with(&url, "room", "8").await.unwrap().len(), 1, "{url}");
        assert_eq!(academy.discover(&url, "app.New").await.unwrap().len(), 1, "{url}");
        for (name, value) in [("room", "7"), ("side", "a")] {
            let found = academy.discover_with(&url, name, value).await.unwrap();
            assert!(found.is_empty(), "{url}: {name}");
        }
        for class in ["lyceum.Clerk", "app.Old"] {
            assert!(academy.discover(&url, class).await.unwrap().is_empty(), "{url}: {class}");
        }
        // Names are asked for by the link alone.
        let link = crate::agents::url(&house);
        assert_eq!(academy.discover_named(&link, "west").await.unwrap().len(), 1, "{url}");
        assert!(academy.discover_named(&link, "north").await.unwrap().is_empty(), "{url}");
        new.shutdown().await;
    }
    client.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_tells_and_errors_arrive() {
    let house = House::open().await;
    let (server, client) = (serve(&house).await, Node::local());
    let clerk = client.connect_any(&address(&house)).await.unwrap();

    assert_eq!(clerk.call("echo", json!(["grüß\n"])).await.unwrap(), "grüß\n");
    let error = clerk.call("add", json!(["x"])).await.unwrap_err().to_string();
    assert!(error.contains("argument `n`"), "{error}");
    let error = clerk.call("fail", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::Failed(_)), "{error}");
    let error = clerk.call("nothing", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    for n in 0..500 {
        clerk.call("note", json!([n])).tell().await.unwrap();
    }
    let noted = clerk.call("noted", json!([])).await.unwrap();
    assert_eq!(
        noted,
        json!((0..500).collect::<Vec<u64>>()),
        "in the order in which they were sent"
    );

    let nobody = format!("{}/{}", url(&house), uuid::Uuid::from_u128(99));
    let error = client.connect_any(&nobody).await.unwrap_err().to_string();
    assert!(error.contains("cannot connect"), "{error}");
    end([client, server], house).await;
}

/// The server lost each 33rd message of a burst: the one that it asked for after it had enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_are_all_answered() {
    let house = House::open().await;
    let (server, client) = (serve(&house).await, Node::local());
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let calls = (0..3000).map(|_| async { clerk.add(1).await });
    let mut values: Vec<u64> =
        join_all(calls).await.into_iter().map(|value| value.unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, (1..=3000).collect::<Vec<_>>());
    end([client, server], house).await;
}

/// All that waited went in one message, which the server refused to take, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_large_together_arrive() {
    let house = House::open().await;
    let (server, client) = (serve(&house).await, Node::local());
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let text = "x".repeat(350_000);
    let calls = (0..12).map(|_| async { clerk.echo(text.clone()).await });
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap().len(), text.len());
    }
    end([client, server], house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_by_the_link_and_by_http_reach_each_other() {
    let house = House::open().await;
    let (linked, other) = (serve(&house).await, Node::local());
    let http = format!("academy+http://{}", house.address);
    let clerk = other.launch(Clerk::default()).await.unwrap();
    let mailbox = other.register_mailbox(&http, &clerk.any()).await.unwrap();

    let over_http = other.connect::<Clerk>(&format!("{http}/{MAILBOX}")).await.unwrap();
    assert_eq!(over_http.echo("a\r\nb".into()).await.unwrap(), "a\r\nb");
    let by_link = format!("{}/{}", url(&house), mailbox.id().uid);
    let by_link = linked.connect::<Clerk>(&by_link).await.unwrap();
    assert_eq!(by_link.echo("grüß".into()).await.unwrap(), "grüß");
    end([other, linked], house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_refused_and_the_link_goes_on() {
    let mut plan = Plan::default();
    plan.settings.limits.message = 2_000;
    let house = House::build(plan).await;
    let (server, client) = (serve(&house).await, Node::local());
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();

    let error = clerk.echo("x".repeat(3_000)).await.unwrap_err();

    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    assert_eq!(clerk.add(1).await.unwrap(), 1);
    end([client, server], house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_ends_takes_its_mailbox_with_it() {
    let house = House::open().await;
    let (server, client) = (Node::local(), Node::local());
    let clerk = server.launch(Clerk::default()).await.unwrap();
    let mailbox = register(&server, &house, &clerk).await.unwrap();
    let far = client.connect::<Clerk>(&address(&house)).await.unwrap();
    assert_eq!(far.add(1).await.unwrap(), 1);

    clerk.stop();
    mailbox.ended().await;

    let error = far.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    end([client, server], house).await;
}
