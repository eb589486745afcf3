//! Much at once: messages of the socket are bounded in both directions.

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_wire::academy::link::{Code, Said, ToClient, Verb};
use lyceum_wire::academy::{EntityId, Uuid};

use crate::agents::{Clerk, address, register};
use crate::house::{House, Plan};
use crate::raw::{Raw, long, request};

/// A node sent all that waited in one message of the socket, which was longer than the server took:
/// the link broke, and where it was to be sent again, it broke for ever.
#[tokio::test]
async fn many_long_calls_at_once_are_cut_to_what_the_server_takes() {
    let house = House::open().await;
    let (server, client) = (Node::local(), Node::local());
    let clerk = server.launch(Clerk::default()).await.unwrap();
    register(&server, &house, &clerk).await.unwrap();
    let far = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let text = "x".repeat(300 << 10);

    let calls = (0..12).map(|_| async { far.echo(text.clone()).await });
    let echoed = join_all(calls).await;

    for echo in echoed {
        assert_eq!(echo.unwrap().len(), text.len());
    }
    for node in [client, server] {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}

/// The server sent what it took from all mailboxes in one message of the socket. And of a mailbox
/// of which a batch was cut by its bytes, the rest waited until something else came.
#[tokio::test]
async fn what_waits_in_many_mailboxes_comes_in_bounded_messages() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    raw.register(0..=4).await;
    for tag in 0..24 {
        raw.put(1, &request((0, 1 + tag % 4), tag, long(400 << 10))).await;
        assert_eq!(raw.next().await, [ToClient::Done { ids: vec![1] }]);
    }

    for number in 1..=4 {
        let mailbox = Uuid::from_u128(number);
        raw.ask(2, Verb::Lease { mailbox, resume: None, credit: 100 }, b"").await;
    }

    let mut delivered = 0;
    while delivered < 24 {
        // That each is short enough is checked where it is read.
        let frames = raw.next().await;
        assert!(!frames.is_empty());
        delivered += frames.iter().filter(|one| matches!(one, ToClient::Deliver { .. })).count();
    }
    house.close().await.unwrap();
}

/// One message of the socket had questions without number, and the server made all answers before
/// it sent the first one.
#[tokio::test]
async fn who_asks_for_much_gets_it_piece_by_piece() {
    let house = House::open().await;
    let mut raw = Raw::greeted(&house).await;
    for number in 0..150 {
        let mailbox = EntityId::agent(Uuid::from_u128(number), Some("n".repeat(4_000)));
        let classes = Some(vec!["app.Clerk".into()]);
        raw.ask(1, Verb::Register { mailbox, classes }, b"").await;
        raw.next().await;
    }

    for id in 100..140 {
        let (class, with_descendants) = ("app.Clerk".into(), false);
        raw.ask(id, Verb::Discover { class, with_descendants }, b"").await;
    }

    for id in 100..140 {
        let frames = raw.until(|_| true).await;
        let found = frames.iter().all(|one| match one {
            ToClient::Answer { said: Said::Found(found), .. } => found.len() == 150,
            _ => false,
        });
        assert!(found && frames.len() <= 2, "{} frames at {id}", frames.len());
        if matches!(frames.last(), Some(ToClient::Answer { id: 139, .. })) {
            break;
        }
    }
    house.close().await.unwrap();
}

/// Only the upgrade of a connection was counted, and not what was asked over it.
#[tokio::test]
async fn questions_are_counted_as_requests_are() {
    let mut plan = Plan::default();
    plan.server.rate = 20;
    let house = House::build(plan).await;
    let mut raw = Raw::greeted(&house).await;
    let mut refused = 0;

    for id in 0..40 {
        raw.ask(id, Verb::Find { name: "nobody".into() }, b"").await;
        match &raw.next().await[..] {
            [ToClient::Answer { said: Said::Refused { code: Code::Overloaded, .. }, .. }] => {
                refused += 1;
            }
            [ToClient::Answer { said: Said::Found(found), .. }] => assert!(found.is_empty()),
            other => panic!("{other:?}"),
        }
    }

    assert_eq!(refused, 40 - 19, "the upgrade is one");
    house.close().await.unwrap();
}
