//! Faults: of peers, of networks, and of the callers themselves.

use std::time::Duration;

use lyceum::exchange::ConnectError;
use lyceum::prelude::*;
use lyceum_exchange::aiomas::AiomasExt;
use serde_json::json;

use crate::peer::{JSON, MSGPACK, Peer, free_port};
use crate::reaching::node;
use crate::serving::House;

/// Time in which what is to happen at once has happened.
const AT_ONCE: Duration = Duration::from_secs(5);

async fn cause(node: &Node, address: &str) -> CallError {
    match node.connect_any(address).await {
        Err(ConnectError::Unreachable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_refused_each_time_and_for_everybody() {
    let node = node();
    let address = format!("aiomas+tcp://127.0.0.1:{}/0", free_port());
    for _ in 0..3 {
        let error = tokio::time::timeout(AT_ONCE, cause(&node, &address)).await.unwrap();
        assert!(matches!(error, CallError::Disconnected(_)), "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
    }
    let many = (0..50).map(|_| cause(&node, &address));
    let many = tokio::time::timeout(AT_ONCE, futures_util::future::join_all(many)).await.unwrap();
    assert!(many.iter().all(|error| matches!(error, CallError::Disconnected(_))));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_starts_later_is_found_with_patience() {
    let node = node();
    let port = free_port();
    let address = format!("aiomas+tcp://127.0.0.1:{port}/0");
    let connecting = node.connect_any(&address).patience(Duration::from_secs(50));
    let connecting = node.spawn(async move { connecting.await });
    let Some(_peer) = Peer::start_at(JSON, &port.to_string()).await else { return };
    let callee = connecting.await.unwrap().unwrap();
    assert_eq!(callee.call("add", json!([1, 2])).await.unwrap(), json!(3));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_calls_end_when_their_peer_is_killed_and_it_is_found_again() {
    let port = free_port().to_string();
    let Some(mut peer) = Peer::start_at(MSGPACK, &port).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    let ended = node.spawn(callee.ended());
    let waiting: Vec<_> = (0..1000).map(|_| callee.call("wait", json!([])).send()).collect();
    callee.call("hello", json!(["x"])).await.unwrap();

    peer.kill().await;
    let answers = tokio::time::timeout(AT_ONCE, futures_util::future::join_all(waiting)).await;
    for answer in answers.unwrap() {
        let error = answer.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    }
    let reason = ended.await.unwrap();
    assert!(matches!(reason, lyceum::DownReason::Disconnected(_)), "{reason}");

    // At the same address, the same handle works again.
    let _peer = Peer::start_at(MSGPACK, &port).await.unwrap();
    assert_eq!(callee.call("add", json!([1, 2])).await.unwrap(), json!(3));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_neither_reads_nor_writes_holds_up_nobody_else() {
    let Some((peer, other)) = Option::zip(Peer::start(JSON).await, Peer::start(JSON).await) else {
        return;
    };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    let other = node.connect_any(&other.address()).await.unwrap();
    peer.stop();
    // Much more than sockets take, so that most of it never leaves.
    let body = "x".repeat(100_000);
    let soon = Duration::from_millis(500);
    let calls = (0..200).map(|_| callee.call("size", json!([body])).timeout(soon));
    for answer in futures_util::future::join_all(calls).await {
        let error = answer.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error}");
    }
    assert_eq!(other.call("add", json!([1, 2])).await.unwrap(), json!(3));

    peer.resume();
    assert_eq!(callee.call("add", json!([1, 2])).await.unwrap(), json!(3), "it goes on");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_never_answers_ends_with_the_deadline() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    // Since Python 3.8, aiomas does not answer then.
    let call = callee.call("cancelled", json!([])).timeout(Duration::from_millis(300));
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(callee.call("add", json!([1, 2])).await.unwrap(), json!(3));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_the_codec_lacks_is_an_error_of_that_call_alone() {
    let Some(peer) = Peer::start(MSGPACK).await else { return };
    let node = node();
    let callee = node.connect::<dyn Wide>(&peer.address()).await.unwrap();
    let error = callee.echo(u128::MAX).await.unwrap_err();
    assert!(matches!(error, CallError::Codec(_)), "{error}");
    assert_eq!(error.started(), Some(false));
    assert_eq!(callee.echo(7).await.unwrap(), 7);
    node.shutdown().await;
}

/// `echo` with integers that MsgPack does not have.
#[agent(interface)]
trait Wide {
    #[action]
    async fn echo(&self, value: u128) -> u128;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_another_codec_is_disconnected_and_says_so() {
    let Some(peer) = Peer::start(MSGPACK).await else { return };
    let node = node();
    let address = peer.address().replace("msgpack", "json");
    let error = tokio::time::timeout(AT_ONCE, cause(&node, &address)).await.unwrap();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    assert!(error.to_string().contains("does it have the same codec?"), "{error}");

    let house = House::open(JSON).await;
    let error = peer.fail("", json!({"URL": house.url})).await;
    assert_eq!(error["type"], "ConnectionResetError", "{error}");
    assert_eq!(house.clerk.add(1, None).await.unwrap(), 101, "the node goes on");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_killed_answers_the_calls_of_python() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let house = House::open(JSON).await;
    let vars = json!({"URL": house.url});
    let waiting = peer.begin("return await house.forever()", vars.clone()).await;
    // Ordered after it.
    peer.run("return await house.hello('x')", vars.clone()).await;
    house.clerk.kill().await;
    let answer = waiting.await.unwrap();
    let remote = answer["error"]["remote"].as_str().unwrap();
    assert!(remote.trim().lines().last().unwrap().starts_with("Down"), "{remote}");
    let error = peer.fail("return await house.hello('x')", vars).await;
    assert!(error["text"].as_str().unwrap().contains("\"0\" not found in \"agents\""), "{error}");
    house.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_is_told_when_the_node_ends() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let house = House::open(JSON).await;
    let vars = json!({"URL": house.url});
    let waiting = peer.begin("return await house.forever()", vars.clone()).await;
    peer.run("return await house.hello('x')", vars).await;
    house.node.shutdown().await;
    let answer = tokio::time::timeout(AT_ONCE * 2, waiting).await.unwrap().unwrap();
    assert!(answer.get("error").is_some(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_and_strangers_are_refused() {
    let node = Node::local();
    let listening = node.listen_aiomas("aiomas+tcp://127.0.0.1:0").await.unwrap();
    let url = listening.url().to_string();
    let error = node.listen_aiomas(&url).await.unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
    let error = node.listen_aiomas("aiomas+tcp://0.0.0.0:0").await.unwrap_err();
    assert!(error.to_string().contains("without credentials"), "{error}");
    assert!(node.listen_aiomas("aiomas+tcp://0.0.0.0:0").exposed().await.is_ok());
    let error = Node::simulated(1).listen_aiomas("aiomas+tcp://127.0.0.1:0").await.unwrap_err();
    assert!(error.to_string().contains("simulated"), "{error}");

    // Once it is stopped, the port is free again.
    listening.stop().await;
    assert!(node.listen_aiomas(&url).await.is_ok());
    node.shutdown().await;
}
