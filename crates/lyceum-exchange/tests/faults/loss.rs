//! Channels that are lost.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use lyceum::network::{Network, NetworkExt, Settings};
use lyceum::{CallError, DownReason, Handle, Node, Time};

use super::{Clerk, Pair, is_lost, serve};

fn since(node: &Node, start: Time) -> Duration {
    node.now().since_start() - start.since_start()
}

#[lyceum::test]
async fn each_of_1000_calls_ends_when_the_peer_is_killed() {
    let Pair { network: _network, client, server, clerk } = Pair::new(1).await;
    let calls: Vec<_> = (0..1000).map(|_| clerk.sleep(3600).no_timeout().send()).collect();
    let down = clerk.monitor();
    let gone = clerk.ended();
    let linked = client.launch(Clerk::default()).await.unwrap();
    linked.link(&clerk).await.unwrap();
    client.advance(Duration::from_secs(1));

    let killed = client.now();
    drop(server);
    let results = join_all(calls).await;

    assert_eq!(results.iter().filter(|result| is_lost(result)).count(), 1000);
    assert!(matches!(down.await.reason, DownReason::Disconnected(_)));
    assert!(matches!(gone.await, DownReason::Disconnected(_)));
    assert!(matches!(linked.ended().await, DownReason::Linked(_)));
    assert!(since(&client, killed) <= Duration::from_millis(100));
}

#[lyceum::test]
async fn restarted_peer_is_found_by_name_and_not_by_id() {
    let Pair { network, client, server, clerk } = Pair::new(2).await;
    let id = server.find().name::<Clerk>("clerk").unwrap().address();
    let by_id: Handle<Clerk> = client.connect(&id.to_string()).await.unwrap();
    assert_eq!(by_id.note(1).await.unwrap(), 1);
    drop(server);
    assert!(is_lost(&clerk.note(2).await));

    let _server = serve(&network, Settings::default()).await;
    client.advance(Duration::from_secs(1));

    assert_eq!(clerk.note(3).await.unwrap(), 1, "the new one");
    let error = by_id.note(4).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert!(error.into_undelivered().is_some());
}

#[lyceum::test]
async fn silence_is_noticed_within_three_heartbeats() {
    let Pair { network, client, server, clerk } = Pair::new(3).await;
    let call = clerk.sleep(3600).no_timeout().send();
    client.advance(Duration::from_secs(7));

    let start = client.now();
    network.silence("client", "server");
    assert!(is_lost(&call.await));

    let took = since(&client, start);
    assert!(took > Duration::from_secs(9) && took <= Duration::from_secs(15), "{took:?}");
    client.advance(Duration::from_secs(6));
    assert!(server.exchange::<Network>().unwrap().connected().is_empty());
}

#[lyceum::test]
async fn shorter_heartbeat_notices_sooner() {
    let settings = Settings::default().heartbeat(Duration::from_millis(200));
    let Pair { network, client, server: _server, clerk } = Pair::with(3, settings).await;
    let start = client.now();
    network.silence("client", "server");
    assert!(is_lost(&clerk.sleep(3600).no_timeout().await));
    assert!(since(&client, start) <= Duration::from_millis(600));
}

#[lyceum::test]
async fn deadline_ends_a_call_into_silence() {
    let Pair { network, client, server: _server, clerk } = Pair::new(4).await;
    network.silence("client", "server");
    let start = client.now();
    let error = clerk.note(1).timeout(Duration::from_secs(2)).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(since(&client, start), Duration::from_secs(2));
}

#[lyceum::test]
async fn call_goes_through_again_after_a_cut_is_healed() {
    let Pair { network, client, server: _server, clerk } = Pair::new(5).await;
    network.cut("client", "server");
    client.advance(Duration::from_millis(20));
    let error = clerk.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    assert!(error.into_undelivered().is_some(), "it never left");
    network.heal("client", "server");
    client.advance(Duration::from_secs(1));
    assert_eq!(clerk.note(2).await.unwrap(), 1);
}

#[lyceum::test]
async fn stream_ends_with_an_error_when_its_channel_is_lost() {
    let Pair { network, client: _client, server: _server, clerk } = Pair::new(6).await;
    let mut results = clerk.count(1_000_000).await.unwrap();
    assert_eq!(results.next().await, Some(1));
    network.cut("client", "server");
    while results.next().await.is_some() {}
    assert!(matches!(results.failure(), Some(CallError::Disconnected(_))));
}

#[lyceum::test]
async fn node_that_shuts_down_says_so() {
    let Pair { network: _network, client, server, clerk } = Pair::new(7).await;
    let down = clerk.monitor();
    client.advance(Duration::from_secs(1));
    server.shutdown().await;
    let reason = down.await.reason;
    assert!(matches!(reason, DownReason::Stopped | DownReason::NodeStopped(_)), "{reason}");
    let error = clerk.note(1).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
}

#[lyceum::test]
async fn errors_name_the_address_that_was_dialed() {
    let Pair { network, client, server, clerk } = Pair::new(8).await;
    let mut errors = vec![
        clerk.any().call("nothing", serde_json::json!([])).await.unwrap_err().to_string(),
        clerk.any().call("note", serde_json::json!(["x"])).await.unwrap_err().to_string(),
        clerk.sleep(60).timeout(Duration::from_secs(1)).await.unwrap_err().to_string(),
        clerk.panic().await.unwrap_err().to_string(),
    ];
    server.find().name::<Clerk>("clerk").unwrap().stop().await;
    errors.push(clerk.note(1).await.unwrap_err().to_string());
    network.cut("client", "server");
    client.advance(Duration::from_secs(1));
    errors.push(clerk.note(1).await.unwrap_err().to_string());
    errors.push(clerk.note(1).tell().await.unwrap_err().to_string());
    for error in errors {
        assert!(error.contains("Clerk('sim://server/clerk')"), "{error}");
    }
}
