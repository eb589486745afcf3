//! Agents that start together, on the manager's own node and on nodes of their own.

use std::io;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use lyceum::manager::{
    InProcess, Launcher, Manager, OnNode, Output, Place, Registry, Running, State, Ticket,
};
use lyceum::prelude::*;
use serde_json::json;

#[derive(serde::Deserialize)]
struct Player {
    other: Option<Handle<Player>>,
    #[serde(default)]
    is_late: bool,
}

#[agent]
impl Player {
    #[action]
    fn value(&self) -> u64 {
        42
    }

    #[action]
    fn stumble(&self) {
        panic!("as asked");
    }

    #[action]
    async fn ask(&self) -> Result<u64, String> {
        let other = self.other.as_ref().ok_or("it knows nobody")?;
        other.value().await.map_err(|error| error.to_string())
    }

    /// The address of the other one, as it knows it.
    #[action]
    fn other(&self) -> Option<String> {
        self.other.as_ref().map(|other| other.address().to_string())
    }

    /// Whether it is ready.
    #[action]
    fn warm(&self) -> bool {
        !self.is_late
    }
}

fn registry() -> Registry {
    Registry::default().with::<Player>()
}

async fn manager(launcher: impl Launcher) -> Manager {
    Manager::builder(&Node::local()).start(launcher).await.unwrap()
}

async fn know_each_other(manager: &Manager) {
    let mut batch = manager.batch();
    let left: Handle<Player> = batch.reserve("left").unwrap();
    let right: Handle<Player> = batch.reserve("right").unwrap();
    let waiting = left.ask().send();
    batch.made_from("left", &json!({ "other": right })).unwrap();
    batch.made_from("right", &json!({ "other": left })).unwrap();

    batch.start().await.unwrap();

    assert_eq!(waiting.await.unwrap(), 42, "it waited until the member was ready");
    assert_eq!(right.ask().await.unwrap(), 42);
    assert_eq!(manager.list().len(), 2);
    manager.shutdown().await;
}

#[tokio::test]
async fn members_know_each_other_before_they_start() {
    know_each_other(&manager(OnNode::new(registry())).await).await;
}

#[tokio::test]
async fn members_on_nodes_of_their_own_know_each_other_before_they_start() {
    know_each_other(&manager(InProcess::new(registry())).await).await;
}

#[tokio::test]
async fn members_of_different_launchers_know_each_other() {
    let builder = Manager::builder(&Node::local()).launcher("apart", InProcess::new(registry()));
    let manager = builder.start(OnNode::new(registry())).await.unwrap();
    let mut batch = manager.batch();
    let left: Handle<Player> = batch.reserve("left").unwrap();
    let right: Handle<Player> = batch.on("apart").reserve("right").unwrap();
    batch.made_from("left", &json!({ "other": right })).unwrap();
    batch.made_from("right", &json!({ "other": left })).unwrap();

    batch.start().await.unwrap();

    assert_eq!(left.ask().await.unwrap(), 42);
    assert_eq!(right.ask().await.unwrap(), 42);
    let launchers: Vec<_> = manager.list().into_iter().map(|health| health.launcher).collect();
    assert_eq!(launchers, ["default", "apart"], "by name");
}

/// A launcher whose agents are on other machines, as far as anybody can see: only they know where
/// their nodes listen.
#[derive(Debug)]
struct Afar(InProcess);

impl Launcher for Afar {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        self.0.launch(ticket, output)
    }

    fn place(&self) -> Place {
        Place::Elsewhere
    }
}

async fn manager_with_afar(launcher: impl Launcher) -> Manager {
    let builder = Manager::builder(&Node::local()).listen("tcp://127.0.0.1:0");
    let builder = builder.launcher("afar", Afar(InProcess::new(registry())));
    builder.start(launcher).await.unwrap()
}

/// A handle of an agent on another machine had no address before that had started, so that no
/// member could be made from it.
#[tokio::test]
async fn members_on_other_machines_know_each_other_before_they_start() {
    let builder = Manager::builder(&Node::local()).listen("tcp://127.0.0.1:0");
    know_each_other(&builder.start(Afar(InProcess::new(registry()))).await.unwrap()).await;
}

/// Handles of agents of the manager's node led other machines to a socket that only its own has.
#[tokio::test]
async fn members_on_other_machines_and_on_the_managers_node_know_each_other() {
    let manager = manager_with_afar(OnNode::new(registry())).await;
    let mut batch = manager.batch();
    let near: Handle<Player> = batch.reserve("near").unwrap();
    let far: Handle<Player> = batch.on("afar").reserve("far").unwrap();
    batch.made_from("near", &json!({ "other": far })).unwrap();
    batch.made_from("far", &json!({ "other": near })).unwrap();

    batch.start().await.unwrap();

    assert_eq!(near.ask().await.unwrap(), 42);
    assert_eq!(far.ask().await.unwrap(), 42);
    let told = far.other().await.unwrap().expect("it knows one");
    assert!(told.starts_with("tcp://"), "{told}");
}

#[tokio::test]
async fn member_of_a_process_here_knows_one_on_another_machine() {
    let manager = manager_with_afar(InProcess::new(registry())).await;
    let mut batch = manager.batch();
    let near: Handle<Player> = batch.reserve("near").unwrap();
    let far: Handle<Player> = batch.on("afar").reserve("far").unwrap();
    batch.made_from("near", &json!({ "other": far })).unwrap();
    batch.made_from("far", &json!({})).unwrap();

    batch.start().await.unwrap();

    assert_eq!(near.ask().await.unwrap(), 42);
}

/// Who was on another machine was given a socket of the manager's.
#[tokio::test]
async fn member_on_another_machine_knows_one_of_a_process_here() {
    let manager = manager_with_afar(InProcess::new(registry())).await;
    let earlier = manager.launch::<Player>(&json!({})).named("earlier").await.unwrap();
    let mut batch = manager.batch();
    let near: Handle<Player> = batch.reserve("near").unwrap();
    let far: Handle<Player> = batch.on("afar").reserve("far").unwrap();
    let late: Handle<Player> = batch.on("afar").reserve("late").unwrap();
    batch.made_from("near", &json!({ "other": far })).unwrap();
    batch.made_from("far", &json!({ "other": near })).unwrap();
    batch.made_from("late", &json!({ "other": earlier })).unwrap();

    batch.start().await.unwrap();

    assert_eq!(far.ask().await.unwrap(), 42);
    assert_eq!(near.ask().await.unwrap(), 42);
    assert_eq!(late.ask().await.unwrap(), 42, "one that was there before");
    let told = far.other().await.unwrap().expect("it knows one");
    assert!(told.starts_with("tcp://"), "{told}");
    assert!(near.address().to_string().starts_with("unix://"), "its manager is beside it");
}

#[tokio::test]
async fn member_on_another_machine_is_found_again_when_it_was_started_again() {
    let manager = manager_with_afar(OnNode::new(registry())).await;
    let mut batch = manager.batch();
    batch.on("afar").restart(Some(Restart::default()));
    let left: Handle<Player> = batch.reserve("left").unwrap();
    let right: Handle<Player> = batch.reserve("right").unwrap();
    batch.made_from("left", &json!({})).unwrap();
    batch.made_from("right", &json!({ "other": left })).unwrap();
    batch.start().await.unwrap();
    assert_eq!(right.ask().await.unwrap(), 42);
    let former = right.other().await.unwrap();

    left.stumble().await.unwrap_err();

    // The first call may still go to where it was.
    while right.ask().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_ne!(right.other().await.unwrap(), former, "another node");
    assert_eq!(manager.list()[0].restarts, 1);
}

#[tokio::test]
async fn member_that_is_gone_for_good_is_said_to_be() {
    let manager = manager_with_afar(OnNode::new(registry())).await;
    let mut batch = manager.batch();
    batch.on("afar");
    let left: Handle<Player> = batch.reserve("left").unwrap();
    let right: Handle<Player> = batch.reserve("right").unwrap();
    batch.made_from("left", &json!({})).unwrap();
    batch.made_from("right", &json!({ "other": left })).unwrap();
    batch.start().await.unwrap();
    assert!(manager.stop("left").await);

    let error = right.ask().await.unwrap_err().to_string();

    assert!(error.contains("stopped"), "{error}");
}

/// A launcher that takes batches as a whole, and notes how large they were.
#[derive(Debug)]
struct Queue {
    inside: InProcess,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Launcher for Queue {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        self.batches.lock().unwrap().push(1);
        self.inside.launch(ticket, output)
    }

    fn launch_batch(
        &self,
        batch: Vec<(Ticket, Output)>,
    ) -> BoxFuture<'static, Vec<io::Result<Box<dyn Running>>>> {
        self.batches.lock().unwrap().push(batch.len());
        self.inside.launch_batch(batch)
    }

    fn takes_batches(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn queue_gets_a_batch_as_a_whole_and_restarts_one_by_one() {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let queue = Queue { inside: InProcess::new(registry()), batches: batches.clone() };
    let manager = manager(queue).await;
    let mut batch = manager.batch();
    batch.restart(Some(Restart::default()));
    let players: Vec<Handle<Player>> =
        (0..4).map(|number| batch.reserve(&format!("player-{number}")).unwrap()).collect();
    for number in 0..4 {
        batch.made_from(&format!("player-{number}"), &json!({})).unwrap();
    }

    batch.start().await.unwrap();

    assert_eq!(*batches.lock().unwrap(), [4]);
    players[2].stumble().await.unwrap_err();
    while manager.list()[2].restarts < 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(players[2].value().await.unwrap(), 42);
    assert_eq!(*batches.lock().unwrap(), [4, 1]);
    manager.shutdown().await;
}

#[tokio::test]
async fn batch_with_a_member_that_does_not_start_leaves_nobody() {
    for is_apart in [false, true] {
        let builder =
            Manager::builder(&Node::local()).launcher("apart", InProcess::new(registry()));
        let manager = builder.start(OnNode::new(registry())).await.unwrap();
        let mut batch = manager.batch();
        batch.on(is_apart.then_some("apart"));
        let good: Handle<Player> = batch.reserve("good").unwrap();
        let bad: Handle<Player> = batch.reserve("bad").unwrap();
        batch.made_from("good", &json!({})).unwrap();
        batch.made_from("bad", &json!({ "other": 7 })).unwrap();
        let waiting = bad.value().send();

        let error = batch.start().await.unwrap_err().to_string();

        assert!(error.starts_with("cannot launch Player as `bad`"), "{error}");
        assert!(matches!(waiting.await.unwrap_err(), CallError::Terminated(_)));
        assert!(good.value().await.is_err());
        let is_gone = |state: &State| matches!(state, State::Ended(_));
        assert!(manager.list().iter().all(|health| is_gone(&health.state)));
    }
}

#[tokio::test]
async fn batch_that_is_given_up_frees_its_names() {
    let manager = manager(OnNode::new(registry())).await;
    let mut batch = manager.batch();
    let player: Handle<Player> = batch.reserve("player").unwrap();
    let error = manager.batch().reserve::<Player>("player").unwrap_err().to_string();
    assert!(error.contains("the name `player` is taken"), "{error}");
    let waiting = player.value().send();

    drop(batch);

    assert!(matches!(waiting.await.unwrap_err(), CallError::Terminated(_)));
    assert_eq!(manager.ended("player").await.unwrap(), "its batch was given up");
    manager.launch::<Player>(&json!({})).named("player").await.unwrap();
    manager.shutdown().await;
}

#[tokio::test]
async fn batch_of_unknown_type_or_launcher_is_refused() {
    let manager = manager(OnNode::new(registry())).await;
    let mut batch = manager.batch();

    let error = batch.reserve_any("Mole", "mole").unwrap_err().to_string();
    assert!(error.contains("this program has no such type, it has Player"), "{error}");
    let error = batch.on("moon").reserve_any("Player", "player").unwrap_err().to_string();
    assert_eq!(error, "cannot launch Player: the manager has no launcher `moon`, it has default");
    let error = batch.made_from("nobody", &json!({})).unwrap_err().to_string();
    assert!(error.contains("it was not reserved in this batch"), "{error}");
}

#[tokio::test]
async fn agent_is_ready_once_its_action_says_so() {
    for launcher in [None, Some("apart")] {
        let builder =
            Manager::builder(&Node::local()).launcher("apart", InProcess::new(registry()));
        let manager = builder.start(OnNode::new(registry())).await.unwrap();
        let launch = |arguments| {
            let launch = manager.launch::<Player>(&arguments).ready_by("warm");
            match launcher {
                Some(launcher) => launch.on(launcher),
                None => launch,
            }
        };

        launch(json!({})).named("early").await.unwrap();
        manager.ready("early").await.unwrap().unwrap();
        let error = launch(json!({ "is_late": true })).named("late").await.unwrap_err().to_string();

        assert_eq!(error, "cannot launch Player as `late`: its `warm` says it is not ready");
        assert!(manager.ready("late").await.unwrap().is_err());
        assert!(manager.ready("nobody").await.is_none());
    }
}
