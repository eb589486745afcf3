//! Waiting for the end of agents, and limits of launchers.

use lyceum::manager::{InProcess, Limits, Manager, OnNode, Registry, State};
use lyceum::prelude::*;
use serde_json::json;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Worker {
    value: u64,
}

#[agent]
impl Worker {
    #[action]
    fn value(&self) -> u64 {
        self.value
    }

    #[action]
    fn stumble(&self) {
        panic!("as asked");
    }

    #[action]
    fn finish(&self, cx: &Context<Self>) {
        cx.stop();
    }
}

fn registry() -> Registry {
    Registry::default().with::<Worker>()
}

async fn three(manager: &Manager) -> [Handle<Worker>; 3] {
    let policy = Restart::default().limit(0, Duration::from_secs(1));
    let launch = |name: &str| manager.launch(&json!({})).named(name).restart(policy).into_future();
    let (one, two, three) = tokio::join!(launch("one"), launch("two"), launch("three"));
    [one.unwrap(), two.unwrap(), three.unwrap()]
}

async fn manager() -> Manager {
    let builder = Manager::builder(&Node::local()).launcher("apart", InProcess::new(registry()));
    builder.start(OnNode::new(registry())).await.unwrap()
}

#[tokio::test]
async fn wait_ends_with_the_first_the_first_failure_or_all() {
    let manager = manager().await;
    let [one, two, three] = three(&manager).await;

    one.finish().await.unwrap();
    let waited = manager.wait().first().await;
    assert_eq!(waited.gone.len(), 1);
    assert_eq!((waited.gone[0].name.as_str(), waited.gone[0].failed), ("one", false));
    assert_eq!(waited.others, ["three", "two"], "by name");

    two.stumble().await.unwrap_err();
    let waited = manager.wait().error().await;
    let failed: Vec<_> = waited.failed().collect();
    assert_eq!((failed.len(), failed[0].name.as_str()), (1, "two"));
    assert!(failed[0].why.contains("it panicked: as asked"), "{}", failed[0].why);

    three.finish().await.unwrap();
    let waited = manager.wait().await;
    assert_eq!((waited.gone.len(), waited.others.len(), waited.is_late), (3, 0, false));
}

#[tokio::test]
async fn wait_gives_up_when_its_time_is_over() {
    let manager = manager().await;
    let [one, ..] = three(&manager).await;
    one.finish().await.unwrap();
    manager.ended("one").await;

    let waited = manager.wait().of(["one", "two"]).within(Duration::from_millis(1)).await;

    assert!(waited.is_late);
    assert_eq!(waited.others, ["two"]);
    assert_eq!(waited.gone[0].name, "one");
}

#[tokio::test]
async fn wait_for_who_is_not_known_is_over_at_once() {
    let manager = manager().await;

    let waited = manager.wait().of(["nobody"]).error().await;

    assert_eq!(waited.gone[0].why, "the manager knows no agent of that name");
}

#[tokio::test]
async fn agents_above_the_limit_wait_for_their_turn() {
    let limits = Limits::default().agents(2);
    let builder = Manager::builder(&Node::local());
    let builder = builder.launcher_within("small", InProcess::new(registry()), limits);
    let manager = builder.limits(limits).start(OnNode::new(registry())).await.unwrap();
    for launcher in ["default", "small"] {
        let name = |number: u32| format!("{launcher}-{number}");
        let launch = |number| manager.launch::<Worker>(&json!({})).on(launcher).named(name(number));
        launch(1).await.unwrap();
        launch(2).await.unwrap();
        let third = manager.node().spawn(launch(3).into_future());
        let state = |number| {
            let health = manager.list().into_iter().find(|health| health.name == name(number));
            health.map(|health| health.state)
        };
        while state(3).is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(state(3), Some(State::Waiting));

        assert!(manager.stop(&name(1)).await);

        third.await.unwrap().unwrap();
        assert_eq!(state(3), Some(State::Up));
    }
}

#[tokio::test]
async fn agent_that_waits_for_its_turn_can_be_stopped() {
    let builder = Manager::builder(&Node::local()).limits(Limits::default().agents(1));
    let manager = builder.start(InProcess::new(registry())).await.unwrap();
    let _first: Handle<Worker> = manager.launch(&json!({})).named("first").await.unwrap();
    let launch = manager.launch::<Worker>(&json!({})).named("second");
    let second = manager.node().spawn(launch.into_future());
    while manager.list().len() < 2 {
        tokio::task::yield_now().await;
    }

    assert!(manager.stop("second").await);

    let error = second.await.unwrap().unwrap_err().to_string();
    assert_eq!(error, "cannot launch Worker as `second`: it was stopped");
    manager.shutdown().await;
}

#[tokio::test]
async fn agents_of_the_own_node_restart_there_by_their_policy() {
    let manager = manager().await;
    let policy = Restart::default().limit(1, Duration::from_secs(60));
    let launch = manager.launch::<Worker>(&json!({ "value": 3 })).named("worker");
    let worker = launch.restart(policy).await.unwrap();
    assert_eq!(worker.any().address().node, Some(manager.node().id()));

    worker.stumble().await.unwrap_err();
    assert_eq!(worker.value().await.unwrap(), 3);
    while manager.list()[0].restarts < 1 {
        tokio::task::yield_now().await;
    }
    worker.stumble().await.unwrap_err();

    let why = manager.ended("worker").await.unwrap();
    assert_eq!(why, "it failed too often, at last: it panicked: as asked");
    assert!(manager.list()[0].failed);
}
