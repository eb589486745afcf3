//! Nodes that end in good order: what still leaves, and for how long.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum_wire::link::{FaultKind, GoodbyeReason, Head, Outcome};

use super::raw::{Raw, call, note};
use super::{Pair, is_lost};

const SECOND: Duration = Duration::from_secs(1);

#[lyceum::test]
async fn answers_under_way_leave_before_the_goodbye() {
    // A goodbye overtook the chunks of large answers, whose calls were lost.
    let Pair { network, server, client, clerk } = Pair::new(1).await;
    network.rate(4 << 20);
    let large = clerk.text(8 << 20).send();
    let small: Vec<_> = (0..100).map(|number| clerk.note(number).send()).collect();
    client.advance(SECOND / 10);

    let start = client.now();
    server.shutdown().await;
    let small = join_all(small).await;

    assert_eq!(large.await.unwrap().len(), 8 << 20);
    assert!(small.iter().all(Result::is_ok), "{small:?}");
    let took = client.now().since_start() - start.since_start();
    assert!(took > SECOND && took < 5 * SECOND, "{took:?}");
}

#[lyceum::test]
async fn turn_that_ends_within_the_grace_time_is_answered() {
    let Pair { network: _network, server, client, clerk } = Pair::new(2).await;
    let call = clerk.work(3000).send();
    client.advance(SECOND / 10);
    server.shutdown().await;
    assert_eq!(call.await.unwrap(), 1);
}

#[lyceum::test]
async fn what_takes_longer_than_the_grace_time_is_lost() {
    let Pair { network, server, client, clerk } = Pair::new(3).await;
    network.rate(1 << 20);
    let large = clerk.text(60 << 20).no_timeout().send();
    client.advance(SECOND / 10);

    let start = client.now();
    server.shutdown().await;

    assert!(is_lost(&large.await));
    let took = client.now().since_start() - start.since_start();
    assert!(took >= 5 * SECOND && took <= 8 * SECOND, "{took:?}");
}

#[lyceum::test]
async fn one_way_messages_that_were_accepted_leave() {
    let Pair { network, server, client, clerk } = Pair::new(4).await;
    network.delay(Duration::from_secs(1)..Duration::from_secs(2));
    let tells: Vec<_> = (0..500)
        .map(|number| {
            let clerk = clerk.clone();
            client.spawn(async move { clerk.note(number).tell().await })
        })
        .collect();
    client.run_until_idle();
    client.shutdown().await;
    server.advance(5 * SECOND);
    let own = server.find().name::<super::Clerk>("clerk").unwrap();
    assert_eq!(own.told().await.unwrap().len(), 500);
    drop(tells);
}

#[lyceum::test]
async fn calls_that_come_while_a_node_ends_go_back() {
    let Pair { network, server, client, clerk: _clerk } = Pair::new(5).await;
    let mut raw = Raw::greeted(&network).await;
    network.rate(1 << 20);
    let (head, body) = call(1, "clerk", "text", &[3 << 20]);
    network.run(raw.say(&head, &body)).await;
    client.advance(SECOND / 10);
    let waiting = client.sleep(SECOND / 10);
    let asking = network.world().spawn(async move {
        waiting.await;
        let (head, body) = note(2, 2);
        raw.say(&head, &body).await;
        raw.hear_all().await
    });
    server.shutdown().await;
    let heard = asking.await.unwrap();
    let refused = heard.iter().find_map(|head| match head {
        Head::Answer(answer) if answer.id == 2 => Some(&answer.outcome),
        _ => None,
    });
    let Some(Outcome::Fault(fault)) = refused else { panic!("{heard:?}") };
    assert_eq!((fault.kind, fault.started), (FaultKind::Terminated, Some(false)));
    let last = heard.last();
    assert!(
        matches!(last, Some(Head::Goodbye { reason: GoodbyeReason::Stopping, .. })),
        "{last:?}"
    );
}
