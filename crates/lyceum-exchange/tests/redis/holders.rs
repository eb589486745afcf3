//! Who has a mailbox, and what becomes of what was taken out of it.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::redis_server::RedisServer;

#[tokio::test(flavor = "multi_thread")]
async fn the_new_holder_has_the_mailbox_and_the_old_one_is_told() {
    let Some(server) = RedisServer::start() else { return };
    let url = url(&server, "redis");
    let old = House::open(&url).await;
    let new = House::open(&url).await;
    old.mailbox.ended().await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&new.address("")).await.unwrap();
    clerk.note(7).await.unwrap();
    assert_eq!(new.clerk.noted().await.unwrap(), [7]);
    assert_eq!(old.clerk.noted().await.unwrap(), Vec::<u64>::new(), "it lives, and gets nothing");
    for node in [caller, old.node, new.node] {
        node.shutdown().await;
    }
}

/// What Academy pops is lost with the program that popped it.
#[tokio::test(flavor = "multi_thread")]
async fn a_durable_request_of_a_program_that_is_gone_is_run_again_and_answered() {
    let Some(server) = RedisServer::start() else { return };
    let url = url(&server, "redis");
    let old = House::open(&url).await;
    let caller = Node::local();
    let address = old.address("delivery=durable");
    let clerk = caller.connect::<Clerk>(&address).await.unwrap();
    let waiting = clerk.wait().timeout(Duration::from_secs(3600)).send();
    let tracked = caller.connect::<Clerk>(&old.address("")).await.unwrap();
    let other = tracked.wait().timeout(Duration::from_secs(3600)).send();
    while old.clerk.stats().await.unwrap().in_progress < 2 {
        old.node.sleep(Duration::from_millis(1)).await;
    }
    let new = House::open(&url).await;
    let error = other.await.unwrap_err();
    assert!(error.to_string().contains("may have run in part"), "{error}");
    while new.clerk.stats().await.unwrap().in_progress < 1 {
        new.node.sleep(Duration::from_millis(1)).await;
    }
    new.clerk.release().await.unwrap();
    assert_eq!(waiting.await.unwrap(), "released");
    old.clerk.release().await.unwrap();
    for node in [caller, old.node, new.node] {
        node.shutdown().await;
    }
}

/// The 118th request of a batch was served after the others: tokio lets a task wait that did much,
/// and so that request did not take its place in the agent's mailbox at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_taken_by_the_next_holder_in_its_order() {
    let Some(server) = RedisServer::start() else { return };
    let url = url(&server, "redis");
    let first = House::open(&url).await;
    let address = first.address("");
    first.mailbox.stop().await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&address).await.unwrap();
    let calls: Vec<_> = (0..300).map(|number| clerk.note(number).send()).collect();
    let next = House::open(&url).await;
    for result in futures_util::future::join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(next.clerk.noted().await.unwrap(), (0..300).collect::<Vec<_>>());
    for node in [caller, first.node, next.node] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_terminated_fails_all_that_waits_for_it_at_once() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        let house = House::take(&url(&server, scheme), Uuid::from_u128(8)).await;
        let caller = Node::local();
        let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
        let hour = Duration::from_secs(3600);
        let calls: Vec<_> = (0..10).map(|_| clerk.wait().timeout(hour).send()).collect();
        while house.clerk.stats().await.unwrap().in_progress < 10 {
            house.node.sleep(Duration::from_millis(1)).await;
        }
        house.mailbox.terminate().await;
        for result in futures_util::future::join_all(calls).await {
            let error = result.unwrap_err();
            assert!(matches!(error, CallError::Terminated(_)), "{scheme}: {error}");
        }
        let error = clerk.noted().await.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{scheme}: {error}");
        let again = house.node.register_mailbox(&url(&server, scheme), &house.clerk.any());
        let error = again.id(Uuid::from_u128(8)).await.unwrap_err();
        assert!(format!("{error:?}").contains("Terminated"), "{scheme}: {error:?}");
        house.clerk.release().await.unwrap();
        caller.shutdown().await;
        house.node.shutdown().await;
    }
}

/// Wart 7: Academy leaves keys behind, and needs a look at all keys to end a mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_calls_and_no_key_lives_for_ever() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::take(&url(&server, "redis"), Uuid::from_u128(9)).await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    for number in 0..50 {
        clerk.note(number).await.unwrap();
    }
    assert_eq!(server.command(&["KEYS", "request:*"]), "");
    house.mailbox.terminate().await;
    caller.shutdown().await;
    house.node.shutdown().await;
    let keys = server.command(&["KEYS", "*"]);
    for key in keys.lines() {
        let left = server.command(&["TTL", key]);
        assert_ne!(left, "-1", "{key}");
    }
    let commands = server.command(&["INFO", "commandstats"]);
    assert!(!commands.contains("cmdstat_scan:"), "{commands}");
}
