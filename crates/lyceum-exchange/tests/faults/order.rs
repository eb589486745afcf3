//! The order of one sender's messages.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::network::NetworkExt;
use lyceum::{CallError, Handle, Node};
use lyceum_test::{Seeds, SimulatedNetwork};

use super::{Clerk, Pair, serve};

/// Checks that numbers only go up.
fn assert_ascending(told: &[u64]) {
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
}

#[test]
fn order_is_kept_through_cuts_and_every_call_ends_once() {
    Seeds::range(0..60).run(async |world| {
        let network = SimulatedNetwork::in_world_of(&world);
        let server = serve(&network, Default::default()).await;
        let client = network.node("client");
        let clerk: Handle<Clerk> = client.connect("sim://server/clerk").await.unwrap();
        let faulty = network.clone();
        let disturbance = world.spawn(async move {
            faulty.disturb(&["client", "server"], Duration::from_secs(60)).await;
        });
        let sending = client.spawn(send(client.clone(), clerk));
        let (outcomes, _) = tokio::join!(sending, disturbance);

        let told = told(&server).await;
        assert_ascending(&told);
        for (number, outcome) in outcomes.unwrap() {
            let is_there = told.binary_search(&number).is_ok();
            match outcome {
                Ok(_) => assert!(is_there, "{number} was answered"),
                Err(CallError::Disconnected(fault) | CallError::Timeout(fault)) => {
                    let started = fault.started;
                    if fault.message.is_some() || started == Some(false) {
                        assert!(!is_there, "{number} came back");
                    }
                    assert!(started != Some(true) || is_there, "{number} had started");
                }
                Err(error) => panic!("{error}"),
            }
        }
    });
}

/// Sends calls, some at once and some after each other.
async fn send(node: Node, clerk: Handle<Clerk>) -> Vec<(u64, Result<u64, CallError>)> {
    let mut outcomes = Vec::new();
    for round in 0..60 {
        let numbers = round * 10..(round + 1) * 10;
        let calls: Vec<_> = numbers.clone().map(|number| clerk.note(number).send()).collect();
        outcomes.extend(numbers.zip(join_all(calls).await));
        node.sleep(Duration::from_millis(700)).await;
    }
    outcomes
}

async fn told(server: &Node) -> Vec<u64> {
    server.find().name::<Clerk>("clerk").unwrap().told().await.unwrap()
}

#[lyceum::test]
async fn calls_that_wait_for_the_first_channel_keep_their_order() {
    // They were polled in any order once the channel was there.
    let network = SimulatedNetwork::new(1);
    let server = serve(&network, Default::default()).await;
    let client = network.node("client");
    let address = "sim://server/clerk".parse().unwrap();
    let clerk: Handle<Clerk> =
        lyceum::exchange::Door::of(&client).reviving(|| Handle::revive(&address)).unwrap();
    let calls: Vec<_> = (0..200).map(|number| clerk.note(number).send()).collect();
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(told(&server).await, (0..200).collect::<Vec<_>>());
}

#[lyceum::test]
async fn small_message_does_not_overtake_a_large_one_of_its_sender() {
    let Pair { network, server: _server, client: _client, clerk } = Pair::new(2).await;
    network.rate(10 << 20);
    let large = clerk.length("x".repeat(8 << 20)).send();
    let small = clerk.told().send();
    let (large, small) = tokio::join!(large, small);
    assert_eq!((large.unwrap(), small.unwrap().len()), (8 << 20, 0));
}

#[lyceum::test]
async fn small_calls_of_others_do_not_wait_behind_large_ones() {
    // A second large call waited for the window of bytes, and every small call behind it.
    let Pair { network, server: _server, client, clerk } = Pair::new(3).await;
    network.rate(10 << 20);
    let large: Vec<_> =
        (0..3).map(|_| clerk.length("x".repeat(60 << 20)).no_timeout().send()).collect();
    let other = client.launch(Clerk::default()).await.unwrap();
    client.advance(Duration::from_secs(1));
    let start = client.now();
    assert_eq!(other.pass_on(clerk.clone(), 1).await.unwrap(), 1);
    let took = client.now().since_start() - start.since_start();
    assert!(took < Duration::from_millis(100), "{took:?}");
    assert_eq!(clerk.told().timeout(Duration::from_secs(60)).await.unwrap(), [1]);
    drop(large);
}
