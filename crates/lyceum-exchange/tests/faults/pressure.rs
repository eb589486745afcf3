//! Slow agents and slow networks: senders wait, and nothing grows.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use lyceum::CallError;
use lyceum::network::Settings;

use super::raw::{Raw, note};
use super::{Clerk, Pair};

#[lyceum::test]
async fn slow_agent_slows_its_callers() {
    let settings = Settings::default().call_window(64);
    let Pair { server, client, clerk, network: _network } = Pair::with(1, settings).await;
    let calls: Vec<_> = (0..500).map(|_| clerk.work(100).no_timeout().send()).collect();
    client.advance(Duration::from_secs(10));

    let own = server.find().name::<Clerk>("clerk").unwrap();
    let stats = own.stats().await.unwrap();
    assert!(stats.handled >= 90, "{stats:?}");
    assert!(stats.queued + stats.in_progress <= 64, "{stats:?}");
    let results = join_all(calls).await;
    assert_eq!(results.last().unwrap().as_ref().unwrap(), &500);
}

#[lyceum::test]
async fn full_mailbox_makes_one_way_messages_wait() {
    let Pair { server, client, clerk, network: _network } = Pair::new(2).await;
    let own = server.find().name::<Clerk>("clerk").unwrap();
    let busy = own.work(3_600_000).no_timeout().send();
    let tells: Vec<_> = (0..3000)
        .map(|number| {
            let clerk = clerk.clone();
            client.spawn(async move { clerk.note(number).tell().await })
        })
        .collect();
    client.advance(Duration::from_secs(1));
    assert_eq!(own.stats().await.unwrap().queued, 1024);
    drop(tells);
    client.advance(Duration::from_secs(40));
    drop(busy);
}

#[lyceum::test]
async fn given_up_calls_are_cancelled_there_however_many() {
    // Cancels beyond a thousand found no room in a full outbox, and their calls went on.
    let settings = Settings::default().call_window(20_000);
    let Pair { server, client, clerk, network } = Pair::with(3, settings).await;
    let own = server.find().name::<Clerk>("clerk").unwrap();
    let busy = own.work(10_000).send();
    client.run_until_idle();
    network.silence("client", "server");
    let calls: Vec<_> = (0..15_000).map(|number| clerk.note(number).send()).collect();
    client.advance(Duration::from_secs(1));
    drop(calls);
    network.heal("client", "server");
    busy.await.unwrap();
    assert_eq!(own.told().await.unwrap(), [10_000], "only what `work` noted");
}

#[lyceum::test]
async fn unread_stream_stops_its_sender() {
    let Pair { server: _server, client, clerk, network: _network } = Pair::new(4).await;
    let mut results = clerk.count(1_000_000).await.unwrap();
    client.advance(Duration::from_secs(100));
    let some: Vec<u64> = results.by_ref().take(1000).collect().await;
    assert_eq!(some, (1..=1000).collect::<Vec<_>>());
}

#[lyceum::test]
async fn thousands_of_monitors_leave_room_for_calls() {
    // They took their share of the window of calls, which was full then.
    let Pair { server, client, clerk, network: _network } = Pair::new(5).await;
    let monitors: Vec<_> = (0..5000).map(|_| clerk.monitor()).collect();
    client.advance(Duration::from_secs(1));
    assert_eq!(clerk.note(1).await.unwrap(), 1);
    server.find().name::<Clerk>("clerk").unwrap().stop().await;
    let downs = join_all(monitors).await;
    assert!(downs.iter().all(|down| down.reason == lyceum::DownReason::Stopped));
}

#[lyceum::test]
async fn too_large_a_message_comes_back() {
    let settings = Settings::default().message_limit(1 << 20);
    let Pair { server: _server, client: _client, clerk, network: _network } =
        Pair::with(6, settings).await;
    let error = clerk.length("x".repeat(2 << 20)).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert_eq!(clerk.note(1).await.unwrap(), 1);
}

#[lyceum::test]
async fn burst_of_frames_is_handled_without_waiting_for_more() {
    // What was left after 256 frames waited for the next byte, which was a ping 5 s later.
    let pair = Pair::new(7).await;
    let mut raw = Raw::greeted(&pair.network).await;
    let mut burst = bytes::BytesMut::new();
    for id in 0..1000 {
        let (head, body) = note(id, id);
        lyceum_wire::link::Encoder::default().encode(&head, &body, &mut burst).unwrap();
    }
    let start = pair.client.now();
    let answers = async {
        raw.write(&burst).await;
        for _ in 0..1000 {
            raw.answer().await;
        }
    };
    pair.network.run(answers).await;
    let took = pair.client.now().since_start() - start.since_start();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[lyceum::test]
async fn pings_pass_beside_calls_of_100_mib_in_both_directions() {
    let Pair { network, client, clerk, server: _server } = Pair::new(8).await;
    network.rate(10 << 20);
    let up = clerk.length("x".repeat(100 << 20)).no_timeout().send();
    let down = clerk.text(100 << 20).no_timeout().send();
    client.advance(Duration::from_secs(1));
    for _ in 0..20 {
        // A chunk takes 6.25 ms each way, and the network up to 10 ms.
        let took = clerk.ping().await.unwrap();
        assert!(took <= Duration::from_millis(50), "{took:?}");
        client.advance(Duration::from_millis(100));
    }
    let (up, down) = futures_util::future::join(up, down).await;
    assert_eq!((up.unwrap(), down.unwrap().len()), (100 << 20, 100 << 20));
}
