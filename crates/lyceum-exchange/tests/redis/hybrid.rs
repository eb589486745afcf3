//! Direct connections, and what comes over them.

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::raw::address_of;
use crate::redis_server::RedisServer;

/// Wart 1: Academy's messages get mixed up, and the agent is lost.
#[tokio::test(flavor = "multi_thread")]
async fn large_messages_at_the_same_time_stay_whole() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::open(&url(&server, "hybrid")).await;
    let caller = Node::local();
    let address = house.address("arguments=pickle");
    let clerk = caller.connect::<Clerk>(&address).await.unwrap();
    const SIZE: usize = 1 << 20;
    for _ in 0..2 {
        let calls = (0..8_u8).map(async |byte| clerk.size(vec![byte; SIZE]).await.unwrap());
        assert_eq!(join_all(calls).await, vec![SIZE; 8]);
    }
    assert_eq!(queued(&server), "0", "all went straight");
    caller.shutdown().await;
    house.node.shutdown().await;
}

/// Wart 2: one such connection freezes a program of Academy.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_off_or_lie_disturb_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::open(&url(&server, "hybrid")).await;
    let address = address_of(&server, house.mailbox.id().uid).await;
    let bad: [&[u8]; 6] =
        [&[], &[0], &[0, 0, 0], &[0, 0, 0, 9, b'{'], &[255; 4], &[0, 0, 0, 2, b'{', b'}']];
    for bytes in bad {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        // It may be reset.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    assert_eq!(clerk.add(1, Some(2)).await.unwrap(), 3);
    caller.shutdown().await;
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_keep_their_order_and_go_straight() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::open(&url(&server, "hybrid")).await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    let calls: Vec<_> = (0..1000).map(|number| clerk.note(number).send()).collect();
    for result in join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(clerk.noted().await.unwrap(), (0..1000).collect::<Vec<_>>());
    let pushed = server.command(&["INFO", "commandstats"]);
    assert!(!pushed.contains("cmdstat_rpush:"), "nothing went by Redis: {pushed}");
    caller.shutdown().await;
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_an_agent_that_is_away_waits_and_later_calls_go_straight_again() {
    let Some(server) = RedisServer::start() else { return };
    let first = House::open(&url(&server, "hybrid")).await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&first.address("")).await.unwrap();
    clerk.note(1).await.unwrap();
    first.mailbox.stop().await;
    let calls: Vec<_> = (0..20).map(|number| clerk.note(number).send()).collect();
    while queued(&server) != "20" {
        caller.sleep(Duration::from_millis(1)).await;
    }
    let next = House::open(&url(&server, "hybrid")).await;
    for result in join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(next.clerk.noted().await.unwrap(), (0..20).collect::<Vec<_>>());
    first.node.shutdown().await;
    // It takes up to a second until it is tried again.
    let pushes = || {
        let stats = server.command(&["INFO", "commandstats"]);
        let line = stats.lines().find(|line| line.starts_with("cmdstat_rpush:")).unwrap();
        line.split(',').next().unwrap().to_owned()
    };
    loop {
        let before = pushes();
        match clerk.note(7).await {
            Ok(_) if before == pushes() => break,
            // One that was on its way when the connection ended is answered by nobody.
            Ok(_) | Err(CallError::Down(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    caller.shutdown().await;
    next.node.shutdown().await;
}

/// Nobody tells a caller of Academy's that the program is gone.
#[tokio::test(flavor = "multi_thread")]
async fn callers_learn_soon_that_a_program_is_gone() {
    let Some(server) = RedisServer::start() else { return };
    let (runtime, house) = {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let url = url(&server, "hybrid");
        let node = Node::builder().runtime(runtime.handle().clone()).build().unwrap();
        let clerk = node.launch(Clerk::default()).await.unwrap();
        let mailbox = node.register_mailbox(&url, &clerk.any()).await.unwrap();
        (runtime, House { node, clerk, mailbox })
    };
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    let waiting = clerk.wait().timeout(Duration::from_secs(3600)).send();
    while house.clerk.stats().await.unwrap().in_progress < 1 {
        caller.sleep(Duration::from_millis(1)).await;
    }
    runtime.shutdown_background();
    let error = waiting.await.unwrap_err();
    assert!(matches!(error, CallError::Down(_)), "{error}");
    caller.shutdown().await;
}

fn queued(server: &RedisServer) -> String {
    let keys = server.command(&["KEYS", "default:queue:*"]);
    let uid = crate::raw::base32(Uuid::from_u128(7));
    match keys.lines().find(|key| key.ends_with(&uid)) {
        Some(key) => server.command(&["LLEN", key]),
        None => "0".into(),
    }
}

/// What went straight was not counted: `stats` of a busy agent said that nothing had come.
#[tokio::test(flavor = "multi_thread")]
async fn statistics_count_what_goes_straight() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::open(&url(&server, "hybrid")).await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
    for number in 0..20 {
        clerk.note(number).await.unwrap();
    }
    let waiting = clerk.wait().timeout(Duration::from_secs(3600)).send();
    while house.mailbox.stats().await.unwrap().in_progress < 1 {
        caller.sleep(Duration::from_millis(1)).await;
    }
    let stats = house.mailbox.stats().await.unwrap();
    assert_eq!((stats.completed, stats.in_progress, stats.incoming), (20, 1, 21), "{stats:?}");
    // Others ask the Redis, which is told a little later.
    while clerk.status().await.unwrap().stats.in_progress < 1 {
        caller.sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(clerk.status().await.unwrap().stats.handled, 20);
    house.clerk.release().await.unwrap();
    waiting.await.unwrap();
    assert_eq!(house.mailbox.stats().await.unwrap().completed, 21);
    assert_eq!(queued(&server), "0", "all went straight");
    caller.shutdown().await;
    house.node.shutdown().await;
}

/// A request that had waited at the Redis and was answered straight stayed there as one that is
/// being done, and the next holder failed it once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_at_the_redis_is_done_there_when_it_is_answered() {
    let Some(server) = RedisServer::start() else { return };
    let first = House::open(&url(&server, "hybrid")).await;
    first.mailbox.stop().await;
    let caller = Node::local();
    let clerk = caller.connect::<Clerk>(&first.address("")).await.unwrap();
    let calls: Vec<_> = (0..5).map(|number| clerk.note(number).send()).collect();
    while queued(&server) != "5" {
        caller.sleep(Duration::from_millis(1)).await;
    }
    let next = House::open(&url(&server, "hybrid")).await;
    for result in join_all(calls).await {
        result.unwrap();
    }
    let stats = next.mailbox.stats().await.unwrap();
    assert_eq!((stats.completed, stats.in_progress), (5, 0), "{stats:?}");
    assert_eq!(server.command(&["KEYS", "*lyceum:request:*"]), "");
    for node in [caller, first.node, next.node] {
        node.shutdown().await;
    }
}
