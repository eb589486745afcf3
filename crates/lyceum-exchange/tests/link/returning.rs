//! Programs that come back over a new link, and the old links that do not know it yet.

use std::time::Duration;

use lyceum_wire::academy::link::{Resume, Said, ToClient, Verb, Why};
use lyceum_wire::academy::{Body, Uuid};

use crate::house::House;
use crate::raw::{Raw, request};

async fn resume(raw: &mut Raw, number: u128, held: Vec<u64>) {
    let (mailbox, resume) = (Uuid::from_u128(number), Some(Resume { generation: 1, held }));
    raw.ask(0, Verb::Lease { mailbox, resume, credit: 8 }, b"").await;
    let said = Said::Leased { generation: 1 };
    raw.until(|one| *one == ToClient::Answer { id: 0, said: said.clone() }).await;
}

/// Both links had the same generation: the dead one took the messages of the one that followed it,
/// and when it ended at last, the program counted as gone, and all that it was doing failed.
#[tokio::test]
async fn a_dead_link_takes_nothing_from_the_one_that_follows_it() {
    let house = House::open().await;
    let (mut dead, mut live) = (Raw::greeted(&house).await, Raw::greeted(&house).await);
    live.register(1..=2).await;
    assert_eq!(dead.lease(2, 8).await, 1);
    resume(&mut live, 2, vec![]).await;
    let lost = ToClient::Lost { mailbox: Uuid::from_u128(2), generation: 1, why: Why::Replaced };
    let asked = request((1, 2), 10, Body::PingRequest);

    live.put(1, &asked).await;

    live.until(|one| matches!(one, ToClient::Deliver { .. })).await;
    let told = dead.until(|one| matches!(one, ToClient::Lost { .. })).await;
    assert_eq!(told, [lost]);
    drop(dead);
    for _ in 0..50 {
        house.pass(Duration::from_secs(4));
        live.ask(2, Verb::Beat { mailbox: Uuid::from_u128(2) }, b"").await;
        live.until(|one| *one == ToClient::Done { ids: vec![2] }).await;
    }
    live.lease(1, 8).await;
    live.put(3, &asked.answer(Body::SuccessResponse)).await;
    let answered = live.until(|one| matches!(one, ToClient::Deliver { .. })).await;
    assert!(answered.contains(&ToClient::Done { ids: vec![3] }), "{answered:?}");
    house.close().await.unwrap();
}

/// What a lost connection did not deliver counted as delivered: after five of them a durable
/// message was a dead letter that never ran.
#[tokio::test]
async fn what_did_not_arrive_is_not_counted_as_delivered() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    raw.register(1..=2).await;
    raw.lease(2, 8).await;
    raw.put(1, &request((1, 2), 10, Body::PingRequest)).await;
    for _ in 0..7 {
        let came = raw.until(|one| matches!(one, ToClient::Deliver { .. })).await;
        let is_first = |one: &ToClient| matches!(one, ToClient::Deliver { attempt: 1, .. });
        assert!(came.iter().any(is_first), "{came:?}");
        raw = Raw::greeted(&house).await;
        let (mailbox, held) = (Uuid::from_u128(2), vec![]);
        let resume = Some(Resume { generation: 1, held });
        raw.ask(0, Verb::Lease { mailbox, resume, credit: 8 }, b"").await;
    }
    house.close().await.unwrap();
}
