//! A node calls agents of the real Academy.

use lyceum::exchange::ConnectError;
use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};
use serde_json::{Value, json};

use crate::agents::{Clerk, Color, Point};
use crate::peer::Peer;

/// What Python's `Sensor` can do.
#[agent(interface)]
trait Sensor {
    #[action]
    async fn add(&self, a: i64, b: i64) -> i64;

    #[action]
    async fn echo(&self, value: Point) -> Point;

    #[action]
    async fn kind(&self, value: String) -> String;

    #[action]
    async fn callback(&self, clerk: Handle<Clerk>) -> String;

    #[action]
    async fn nope(&self);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_calls_by_name_and_by_type() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    assert_eq!(sensor.call("add", json!([1])).await.unwrap(), json!(101));
    assert_eq!(sensor.call("add", json!({"b": 2, "a": 1})).await.unwrap(), json!(3));
    let typed = node.connect::<dyn Sensor>(&peer.address()).await.unwrap();
    assert_eq!(typed.add(1, 2).await.unwrap(), 3);
    assert_eq!(typed.echo(Point { x: 1, y: 2 }).await.unwrap(), Point { x: 1, y: 2 });
    assert!(sensor.ping().await.is_ok());
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_found_by_its_class_and_those_above() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    for class in ["academy_peer.Sensor", "academy_peer.Device", "academy.agent.Agent"] {
        let sensor = node.connect_any(&format!("{}/{class}", peer.url)).await.unwrap();
        assert_eq!(sensor.call("unit", json!([])).await.unwrap(), json!("K"), "{class}");
    }
    let error = node.connect_any(&format!("{}/app.Nothing", peer.url)).await.unwrap_err();
    let ConnectError::Unreachable { cause, .. } = error else { panic!("{error}") };
    assert!(matches!(cause, CallError::NoSuchAgent(_)), "{cause}");

    let academy = node.academy();
    academy.name_class("Sensor", "academy_peer.Sensor");
    let found = academy.discover_as::<dyn Sensor>(&peer.url).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].add(2, 2).await.unwrap(), 4);
    assert_eq!(found[0].any().address().to_string(), peer.address());
    node.shutdown().await;
}

/// Wart 10: Academy's users ask for such a class by a name that it is not registered by.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_class_lies_in_another_is_found() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let code = "
        await manager.launch(Outer.Inner())
        return len(await client.discover(Outer.Inner))";
    assert_eq!(peer.run(code, json!({})).await, json!(0), "not by Academy");
    let inner = format!("{}/academy_peer.Outer.Inner", peer.url);
    let inner = node.connect_any(&inner).await.unwrap();
    assert_eq!(inner.call("unit", json!([])).await.unwrap(), json!("K"));
    node.shutdown().await;
}

/// Wart 3: asked for JSON, an agent of Academy would never answer with any of these.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_pickle_can_have_comes_back_as_data() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let values = sensor.call("values", json!([])).await.unwrap();
    let expected = json!([
        [97, 98], [1], [1, 2], "2024-01-02T00:00:00", Uuid::from_u128(7).to_string(), "red",
        {"x": 1, "y": 2}, "/a", 1_180_591_620_717_411_303_424.0
    ]);
    assert_eq!(values, expected);
    let color: Color = serde_json::from_value(values[5].clone()).unwrap();
    assert_eq!(color, Color::Red);
    let pickled = node.connect_any(&format!("{}?arguments=pickle", peer.address())).await.unwrap();
    let kind = pickled.call("kind", json!([{"a": 1}])).await.unwrap();
    assert_eq!(kind, json!("dict"));
    let plain = node.connect_any(&format!("{}?results=json", peer.address())).await.unwrap();
    assert_eq!(plain.call("echo", json!([[1.5]])).await.unwrap(), json!([1.5]));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_errors_with_kind_and_text() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let failed = async |action: &str, arguments: Value| match sensor.call(action, arguments).await {
        Err(CallError::Failed(failure)) => (failure.kind, failure.text),
        other => panic!("{other:?}"),
    };
    assert_eq!(failed("boom", json!([])).await, ("ValueError".into(), "bad: grüß".into()));
    assert_eq!(failed("own", json!([])).await, ("academy_peer.OwnError".into(), "own".into()));
    assert_eq!(failed("add", json!([])).await.0, "TypeError");
    assert_eq!(failed("add", json!(["x"])).await.0, "TypeError");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_with_the_message() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let typed = node.connect::<dyn Sensor>(&peer.address()).await.unwrap();
    let error = typed.nope().await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    assert!(error.into_undelivered().is_some(), "it did not run");

    let missing = format!("{}/{}", peer.url, Uuid::from_u128(7));
    let error = node.connect_any(&missing).await.unwrap_err();
    let ConnectError::Unreachable { cause, .. } = error else { panic!("{error}") };
    assert!(matches!(cause, CallError::NoSuchAgent(_)), "{cause}");
    let error = typed.any().set_flag("go").await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    node.shutdown().await;
}

/// Wart 3: Academy's own callers get the raw error of its HTTP library.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_too_large_come_back() {
    if crate::EXCHANGE.is_some() {
        // Other exchanges take larger messages; they have a test of their own.
        return;
    }
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect::<dyn Sensor>(&peer.address()).await.unwrap();
    for size in [600_000, 3_000_000] {
        let error = sensor.kind("x".repeat(size)).await.unwrap_err();
        assert!(matches!(error, CallError::TooLarge(_)), "{error}");
        assert!(error.into_undelivered().is_some());
    }
    assert_eq!(sensor.kind("x".repeat(300_000)).await.unwrap(), "str");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_cancels_the_action() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let waiting = sensor.call("wait", json!([])).send();
    assert!(sensor.ping().await.is_ok(), "it waits by now");
    waiting.cancel();
    let soon = Duration::from_millis(300);
    let error = sensor.call("wait", json!([])).timeout(soon).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    let code = "
        while await sensor.cancellations() < 2:
            await asyncio.sleep(0)";
    peer.run(code, json!({})).await;
    node.shutdown().await;
}

/// Wart 5: an action of Academy has no deadline, and one that has no answer waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_ends_with_the_deadline() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let call = sensor.call("unserializable", json!([])).timeout(Duration::from_millis(500));
    let error = call.await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_side_by_side_get_their_own_answers_and_keep_their_order() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    // Wart 4: on a Redis Academy has no more than a hundred connections, and needs one for each.
    let count = if crate::EXCHANGE.is_some() { 60 } else { 200 };
    let calls = (0..count).map(|n| sensor.call("add", json!([n, n])).send());
    let sums = futures_util::future::join_all(calls.collect::<Vec<_>>()).await;
    let sums: Vec<Value> = sums.into_iter().map(Result::unwrap).collect();
    assert_eq!(sums, (0..count).map(|n| json!(2 * n)).collect::<Vec<_>>());
    for number in 0..50 {
        sensor.tell("note", json!([number])).await.unwrap();
    }
    let noted = sensor.call("noted", json!([])).await.unwrap();
    assert_eq!(noted, json!((0..50).collect::<Vec<_>>()));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_agents_are_called_by_agents_that_they_were_shown_to() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let typed = node.connect::<dyn Sensor>(&peer.address()).await.unwrap();
    let error = typed.callback(clerk.clone()).await.unwrap_err();
    assert!(matches!(error, CallError::Codec(_)), "it has no mailbox: {error}");
    assert!(error.to_string().contains("register it there"), "{error}");

    let mailbox = node.register_mailbox(&peer.url, &clerk.any()).await.unwrap();
    assert_eq!(typed.callback(clerk.clone()).await.unwrap(), "hi x", "as an id, in JSON");
    let pickled = format!("{}?arguments=pickle", peer.address());
    let pickled = node.connect::<dyn Sensor>(&pickled).await.unwrap();
    assert_eq!(pickled.callback(clerk.clone()).await.unwrap(), "hi x", "as a handle");
    let by_name = pickled.any().call("callback", json!([clerk])).await.unwrap();
    assert_eq!(by_name, json!("hi x"));
    let own = node.connect::<Clerk>(&mailbox.address().to_string()).await.unwrap();
    assert_eq!(own.any().key(), clerk.any().key(), "its address leads to itself");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_two_nodes_reach_each_other_over_the_exchange() {
    let Some(peer) = Peer::start().await else { return };
    let (one, two) = (Node::local(), Node::local());
    let clerk = one.launch(Clerk::default()).await.unwrap();
    let mailbox = one.register_mailbox(&peer.url, &clerk.any()).await.unwrap();
    let address = format!("{}?arguments=pickle&receive=poll", mailbox.address());
    let far = two.connect::<Clerk>(&address).await.unwrap();
    assert_eq!(far.add(1, Some(2)).await.unwrap(), 3);
    let error = far.boom().await.unwrap_err();
    assert!(error.to_string().contains("bad: grüß"), "{error}");
    assert_eq!(far.turned(Point { x: 1, y: 2 }, Color::Green).await.unwrap().1, Color::Green);
    let me = far.me().await.unwrap();
    assert_eq!(me.add(2, Some(2)).await.unwrap(), 4, "a handle leads there again");
    one.shutdown().await;
    two.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_says_what_it_can_do_and_how_it_is() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let description = sensor.describe().await.unwrap();
    assert_eq!(description.action("add").unwrap().doc, "Adds.");
    sensor.call("add", json!([1])).await.unwrap();
    let status = sensor.status().await.unwrap();
    assert_eq!(status.mode, lyceum::Mode::Active);
    // Academy counts nothing on its hybrid exchange.
    assert!(status.stats.handled > 0 || crate::EXCHANGE == Some("hybrid"), "{status:?}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_agent_ends_calls_to_it() {
    let Some(peer) = Peer::start().await else { return };
    let node = Node::local();
    let sensor = node.connect_any(&peer.address()).await.unwrap();
    let waiting = sensor.call("wait", json!([])).timeout(Duration::from_secs(3600)).send();
    assert!(sensor.ping().await.is_ok(), "it waits by now");
    let ended = sensor.stop();
    let error = waiting.await.unwrap_err();
    assert!(matches!(error, CallError::Cancelled(_) | CallError::Terminated(_)), "{error}");
    ended.await;
    let mut error = sensor.call("add", json!([1])).await.unwrap_err();
    if matches!(error, CallError::Down(_)) {
        // It went straight to a program that was about to end. The next one does not.
        error = sensor.call("add", json!([1])).await.unwrap_err();
    }
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    node.shutdown().await;
}
