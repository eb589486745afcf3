//! Durable messages that nobody answers, however often they are delivered.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, DeadLetterError};

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::redis_server::RedisServer;

/// How often a durable request is delivered.
const DELIVERIES: u32 = 5;

/// Has a durable request delivered as often as it may be, and returns its last holder.
async fn give_up(url: &str, caller: &Node) -> House {
    let mut house = House::open(url).await;
    let clerk = caller.connect::<Clerk>(&house.address("delivery=durable")).await.unwrap();
    let waiting = clerk.wait().timeout(Duration::from_secs(3600)).send();
    let mut former = Vec::new();
    for _ in 0..DELIVERIES {
        while house.clerk.stats().await.unwrap().in_progress < 1 {
            caller.sleep(Duration::from_millis(1)).await;
        }
        former.push(std::mem::replace(&mut house, House::open(url).await));
    }
    let error = waiting.await.unwrap_err();
    for house in former {
        house.clerk.release().await.unwrap();
        house.node.shutdown().await;
    }
    assert!(error.to_string().contains("dead letter"), "{error}");
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_replayed_and_dropped() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        let url = url(&server, scheme);
        let caller = Node::local();
        let house = give_up(&url, &caller).await;
        let academy = caller.academy();
        let letters = academy.dead_letters(&url).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].mailbox, *house.mailbox.id());
        assert_eq!(letters[0].deliveries, DELIVERIES);
        assert!(letters[0].at > 1_600_000_000_000 && letters[0].bytes > 100, "{letters:?}");
        assert!(academy.dead_letters(&url).await.unwrap() == letters, "a look changes nothing");

        let number = letters[0].sequence;
        academy.replay_dead_letter(&url, number).await.unwrap();
        while house.clerk.stats().await.unwrap().in_progress < 1 {
            caller.sleep(Duration::from_millis(1)).await;
        }
        house.clerk.release().await.unwrap();
        assert!(academy.dead_letters(&url).await.unwrap().is_empty());
        let error = academy.replay_dead_letter(&url, number).await.unwrap_err();
        assert!(matches!(error, DeadLetterError::Missing(_)), "{error}");
        let error = academy.drop_dead_letter(&url, number).await.unwrap_err();
        assert!(matches!(error, DeadLetterError::Missing(_)), "{error}");
        house.node.shutdown().await;

        let house = give_up(&url, &caller).await;
        let letters = academy.dead_letters(&url).await.unwrap();
        academy.drop_dead_letter(&url, letters[0].sequence).await.unwrap();
        assert!(academy.dead_letters(&url).await.unwrap().is_empty());
        assert_eq!(house.clerk.stats().await.unwrap().in_progress, 0);
        house.node.shutdown().await;
        caller.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_stays_one_while_its_mailbox_cannot_take_it() {
    let Some(server) = RedisServer::start() else { return };
    let url = url(&server, "redis");
    let caller = Node::local();
    let house = give_up(&url, &caller).await;
    house.mailbox.terminate().await;
    let academy = caller.academy();
    let letters = academy.dead_letters(&url).await.unwrap();
    let error = academy.replay_dead_letter(&url, letters[0].sequence).await.unwrap_err();
    assert!(format!("{error:?}").contains("Terminated"), "{error:?}");
    assert_eq!(academy.dead_letters(&url).await.unwrap(), letters);
    let error = academy.dead_letters("exchange://127.0.0.1:1").await.unwrap_err();
    assert!(matches!(error, DeadLetterError::NoRedis(_)), "{error}");
    house.node.shutdown().await;
    caller.shutdown().await;
}
