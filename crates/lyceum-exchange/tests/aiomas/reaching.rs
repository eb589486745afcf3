//! A node calls agents of the real aiomas.

use std::time::Duration;

use futures_util::StreamExt;
use lyceum::exchange::ConnectError;
use lyceum::prelude::*;
use lyceum::{Arguments, CallOptions};
use lyceum_exchange::aiomas::Date;
use serde_json::{Map, Value, json};

use crate::agents::{Clerk, Point};
use crate::peer::{JSON, MSGPACK, Peer, SETTINGS};

/// What `Callee` in Python can do, as far as it is needed here.
#[agent(interface)]
pub(crate) trait Callee {
    #[action]
    async fn add(&self, a: i64, b: i64) -> i64;
    #[action]
    async fn echo(&self, value: Date) -> Date;
    #[action]
    async fn kind(&self, value: Point) -> String;
    #[action]
    async fn point(&self, x: i64, y: i64) -> Point;
    #[action]
    async fn me(&self) -> AnyHandle;
    #[action]
    async fn my_forecast(&self) -> AnyHandle;
    #[action]
    async fn callback(&self, caller: Handle<Clerk>) -> String;
    #[action]
    async fn nope(&self) -> i64;
}

/// A node that can reach agents of aiomas.
pub(crate) fn node() -> Node {
    Node::local()
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_called_by_name_and_by_type() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { continue };
        let node = node();

        let callee = node.connect_any(&peer.address()).await.unwrap();
        assert_eq!(callee.type_name(), "Callee");
        assert_eq!(callee.call("add", json!([3, 4])).await.unwrap(), json!(7), "{setting:?}");
        assert_eq!(callee.call("add", json!({"b": 3, "a": 4})).await.unwrap(), json!(7));
        let both = Arguments::new(vec![json!(1)], Map::from_iter([("b".into(), json!(2))]));
        let sum = callee.call_with("add", both, CallOptions::default()).await.unwrap();
        assert_eq!(sum, json!(3));

        let callee = node.connect::<dyn Callee>(&peer.address()).await.unwrap();
        assert_eq!(callee.add(1, 2).await.unwrap(), 3);
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_went() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { continue };
        let node = node();
        let callee = node.connect_any(&peer.address()).await.unwrap();
        for value in [
            json!(null),
            json!(u64::MAX),
            json!(-1.5),
            json!("grüß \u{1f600}"),
            json!([1, [2, {"a": []}]]),
        ] {
            let back = callee.call("echo", json!([value])).await.unwrap();
            assert_eq!(back, value, "{setting:?}");
        }
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_types_of_both_sides_pass() {
    for setting in [JSON, MSGPACK] {
        let Some(peer) = Peer::start(setting).await else { return };
        let node = node();
        let callee = node.connect::<dyn Callee>(&peer.address()).await.unwrap();

        let date: Date = "2016-01-01T01:00:00+01:00".parse().unwrap();
        assert_eq!(callee.echo(date).await.unwrap(), date);
        assert_eq!(callee.kind(Point { x: 1, y: 2 }).await.unwrap(), "Point");
        assert_eq!(callee.point(3, 4).await.unwrap(), Point { x: 3, y: 4 });
        let plain = callee.any().call("point", json!([3, 4])).await.unwrap();
        assert_eq!(plain, json!({"x": 3, "y": 4}));
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_errors_with_kind_text_and_traceback() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();

    let error = callee.call("boom", json!([])).await.unwrap_err();
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!((failure.kind.as_str(), failure.text.as_str()), ("ValueError", "bad: grüß"));
    let traceback = failure.value["traceback"].as_str().unwrap();
    assert!(traceback.starts_with("Traceback (most recent call last)"), "{traceback}");

    let failed = async |action: &str| match callee.call(action, json!([])).await {
        Err(CallError::Failed(failure)) => failure.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed("lookup").await, "LookupError");
    assert!(failed("unserializable").await.ends_with("SerializationError"));
    assert_eq!(failed("add").await, "TypeError");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_each_time() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let missing = peer.address().replace("/0", "/7");
    for _ in 0..3 {
        let error = node.connect_any(&missing).await.unwrap_err();
        let ConnectError::Unreachable { cause, .. } = error else { panic!("{error}") };
        assert!(matches!(cause, CallError::NoSuchAgent(_)), "{cause}");
    }
    let callee = node.connect::<dyn Callee>(&peer.address()).await.unwrap();
    let error = callee.nope().await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    assert!(error.into_undelivered().is_some(), "it did not run");
    let error = callee.any().call("__init__", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");

    let ghost = AnyHandle::revive(&missing.parse().unwrap());
    assert!(ghost.is_err(), "outside of a node nobody knows where that is");
    let ghost = node.spawn(async move { AnyHandle::revive(&missing.parse().unwrap()) });
    let error = ghost.await.unwrap().unwrap().call("add", json!([1, 2])).await.unwrap_err();
    assert!(matches!(error, CallError::NoSuchAgent(_)), "{error}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_within_an_agent_are_reached_by_path() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect::<dyn Callee>(&peer.address()).await.unwrap();
    let latest = callee.any().call("forecast/latest", json!([2])).await.unwrap();
    assert_eq!(latest, json!([21.5, 21.5]));
    let latest = callee.any().call("rooms/kitchen/latest", json!([])).await.unwrap();
    assert_eq!(latest, json!([21.5]));

    let forecast = callee.my_forecast().await.unwrap();
    assert_eq!(forecast.call("latest", json!([])).await.unwrap(), json!([21.5]));
    let address = format!("{}&path=rooms/kitchen", peer.address());
    let kitchen = node.connect_any(&address).await.unwrap();
    assert_eq!(kitchen.call("latest", json!([])).await.unwrap(), json!([21.5]));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_pass_as_live_proxies_in_both_directions() {
    for setting in SETTINGS {
        let Some(peer) = Peer::start(setting).await else { continue };
        let node = node();
        let callee = node.connect::<dyn Callee>(&peer.address()).await.unwrap();
        let clerk = node.launch(Clerk::default()).await.unwrap();

        // Ours goes there, and is called while the call is open.
        assert_eq!(callee.callback(clerk.clone()).await.unwrap(), "hi x", "{setting:?}");
        let by_name = callee.any().call("callback", json!([clerk])).await.unwrap();
        assert_eq!(by_name, json!("hi x"), "a handle in JSON is a proxy, too");
        callee.any().call("keep", json!([clerk])).await.unwrap();
        let later = callee.any().call("ask_kept", json!(["y"])).await.unwrap();
        assert_eq!(later, json!("hi y"), "as long as the connection lasts");

        // Theirs comes here.
        let me = callee.me().await.unwrap();
        assert_eq!(me.address().to_string(), peer.address());
        assert_eq!(me.call("hello", json!(["z"])).await.unwrap(), json!("hi z"));
        let me = callee.any().call("me", json!([])).await.unwrap();
        assert_eq!(me, json!(peer.address()), "a proxy in JSON is an address");
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_one_container_are_passed_on_to_another() {
    let Some((one, two)) = Option::zip(Peer::start(JSON).await, Peer::start(MSGPACK).await) else {
        return;
    };
    let node = node();
    let one = node.connect_any(&one.address()).await.unwrap();
    let two = node.connect_any(&two.address()).await.unwrap();
    let answer = two.call("callback", json!([one])).await.unwrap();
    assert_eq!(answer, json!("hi x"), "by way of the node");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_handles_of_a_container_share_one_connection() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    peer.run("callee.more = [Callee(container) for _ in range(100)]", json!({})).await;
    let connects = (0..=100).map(|aid| {
        let address = peer.address().replace("/0", &format!("/{aid}"));
        let node = node.clone();
        async move { node.connect_any(&address).await.unwrap() }
    });
    let handles = futures_util::future::join_all(connects).await;
    for handle in &handles {
        handle.call("hello", json!(["x"])).await.unwrap();
    }
    assert_eq!(peer.run("return len(container._rpc_cons)", json!({})).await, json!(1));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_way_messages_arrive_in_order_and_streams_are_lists_there() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    for number in 0..20 {
        callee.tell("note", json!([number])).await.unwrap();
    }
    let noted = callee.call("noted", json!([])).await.unwrap();
    assert_eq!(noted, json!((0..20).collect::<Vec<_>>()));
    let results = callee.stream("noted", json!([])).await.unwrap();
    assert_eq!(results.collect::<Vec<_>>().await, (0..20).map(Value::from).collect::<Vec<_>>());
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_leaves_the_connection_as_it_is() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    let waiting = callee.call("wait", json!([])).send();
    let soon = Duration::from_millis(50);
    let error = callee.call("wait", json!([])).timeout(soon).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    callee.call("wait", json!([])).send().cancel();

    callee.call("release", json!([])).await.unwrap();
    assert_eq!(waiting.await.unwrap(), json!("released"));
    let sum = callee.call("add", json!([1, 2])).await.unwrap();
    assert_eq!(sum, json!(3), "after the late answers");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_wire_cannot_do_is_said() {
    let Some(peer) = Peer::start(JSON).await else { return };
    let node = node();
    let callee = node.connect_any(&peer.address()).await.unwrap();
    assert!(callee.ping().await.is_ok());
    assert_eq!(callee.describe().await.unwrap().name, "Callee");
    let error = callee.set_flag("go").await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    let error = callee.call("size", json!([vec![0; 9_000_000]])).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge(_)), "{error}");
    node.shutdown().await;
}
