//! Agents on nodes of their own in this process, by the same manager.

use lyceum::manager::{InProcess, Manager, Registry, State};
use lyceum::prelude::*;
use serde_json::json;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn stumble(&self) {
        panic!("as asked");
    }
}

async fn manager() -> Manager {
    let launcher = InProcess::new(Registry::default().with::<Counter>());
    Manager::builder(&Node::local()).start(launcher).await.unwrap()
}

#[tokio::test]
async fn agent_that_fails_is_started_again_behind_its_handle() {
    let manager = manager().await;
    let launch = manager.launch::<Counter>(&json!({ "value": 3 })).named("counter");
    let counter =
        launch.restart(Restart::default().limit(1, Duration::from_secs(60))).await.unwrap();
    assert_eq!(counter.add(2).await.unwrap(), 5);

    counter.stumble().await.unwrap_err();

    while manager.list()[0].restarts < 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(counter.add(2).await.unwrap(), 5, "it begins anew");
    counter.stumble().await.unwrap_err();
    assert!(manager.ended("counter").await.unwrap().contains("more often"));
}

#[tokio::test]
async fn agents_are_stopped_killed_and_refused() {
    let manager = manager().await;
    let one: Handle<Counter> = manager.launch(&()).await.unwrap();
    let two: Handle<Counter> = manager.launch(&()).await.unwrap();

    assert!(manager.stop("counter-1").await && manager.kill("counter-2").await);

    for counter in [one, two] {
        assert!(matches!(counter.add(1).await.unwrap_err(), CallError::Terminated(_)));
    }
    assert!(manager.list().iter().all(|health| matches!(health.state, State::Ended(_))));
    let error = manager.launch_any("Mole", json!(null)).await.unwrap_err().to_string();
    assert!(error.contains("this program has no such type, it has Counter"), "{error}");
    let error = manager.launch::<Counter>(&()).named("a b").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot launch Counter");
    manager.shutdown().await;
    let error = manager.launch::<Counter>(&()).await.unwrap_err().to_string();
    assert_eq!(error, "cannot launch Counter: the manager has been shut down");
}

#[tokio::test]
async fn name_is_free_again_once_its_agent_ended() {
    let manager = manager().await;
    let launch = || manager.launch::<Counter>(&()).named("counter").into_future();
    let former = launch().await.unwrap();
    let error = launch().await.unwrap_err().to_string();
    assert!(error.contains("the name `counter` is taken"), "{error}");

    manager.stop("counter").await;
    let counter = launch().await.unwrap();

    assert_eq!(counter.add(1).await.unwrap(), 1);
    assert!(former.add(1).await.is_err(), "it was another agent");
}
