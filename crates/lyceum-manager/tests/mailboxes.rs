//! Agents whose mailboxes are on an exchange, over restarts of agents and of managers.

#[path = "../examples/farm/agents.rs"]
mod agents;
#[path = "processes/farm.rs"]
#[expect(dead_code, reason = "the farm is only started here, and one process killed")]
mod farm;
#[path = "../../lyceum-exchange/tests/python/redis_server.rs"]
mod redis_server;

use std::sync::Arc;

use agents::Counter;
use farm::{farm, pid};
use lyceum::Backoff;
use lyceum::manager::{ChildProcess, InProcess, MailboxAt, Manager, OnNode, Registry, State};
use lyceum::network::mailbox::Moment;
use lyceum::network::server::{Clock, Server, ServerSettings, wording};
use lyceum::network::store::{Keeper, Memory, Settings};
use lyceum::prelude::*;
use redis_server::RedisServer;
use rustix::process::{Signal, kill_process};
use serde_json::json;

/// Comes and goes by itself.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Guest {
    value: u64,
}

#[agent]
impl Guest {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn leave(&self, cx: &Context<Self>) {
        cx.stop();
    }
}

/// Greets another one when it starts.
#[derive(serde::Deserialize)]
struct Pair {
    other: Handle<Pair>,
    #[serde(default)]
    greeted: u64,
}

#[agent]
impl Pair {
    #[on_start]
    async fn begin(&mut self) -> Result<(), TellError> {
        self.other.greet().tell().await
    }

    #[action]
    fn greet(&mut self) {
        self.greeted += 1;
    }

    /// Returns how often it and the other one were greeted, and how it knows that one.
    #[action]
    async fn both(&self) -> Result<(u64, u64, String), String> {
        let there = self.other.greeted().await.map_err(|error| error.to_string())?;
        Ok((self.greeted, there, self.other.address().to_string()))
    }

    #[action]
    fn greeted(&self) -> u64 {
        self.greeted
    }
}

/// Members were known by where their nodes listen alone, whatever mailboxes they had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_batch_know_each_other_by_their_mailboxes_before_they_start() {
    let house = Node::local();
    let url = format!("exchange://{}", exchange(&house).await);
    know_each_other(&url).await;
    house.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_batch_know_each_other_at_a_redis() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        know_each_other(&format!("{scheme}://127.0.0.1:{}", server.port())).await;
    }
}

async fn know_each_other(url: &str) {
    let registry = || Registry::default().with::<Pair>();
    for [one, two] in [["default", "default"], ["apart", "apart"], ["default", "apart"]] {
        let node = Node::local();
        let builder = Manager::builder(&node).launcher("apart", InProcess::new(registry()));
        let manager = builder.start(OnNode::new(registry())).await.unwrap();
        let mut batch = manager.batch();
        batch.mailbox(Some(MailboxAt::new(url).known()));
        let left: Handle<Pair> = batch.on(one).reserve("left").unwrap();
        let right: Handle<Pair> = batch.on(two).reserve("right").unwrap();
        batch.made_from("left", &json!({ "other": right })).unwrap();
        batch.made_from("right", &json!({ "other": left })).unwrap();

        batch.start().await.unwrap();

        // Each was greeted before it was asked: its mailbox keeps the order of each sender alone.
        while left.greeted().await.unwrap() + right.greeted().await.unwrap() < 2 {
            tokio::task::yield_now().await;
        }
        let (here, there, known_as) = left.both().await.unwrap();
        assert_eq!((here, there), (1, 1), "{one} and {two}");
        assert_eq!(known_as, right.address().to_string());
        let id = manager.list()[1].mailbox.clone().unwrap();
        assert!(known_as.starts_with(url) && known_as.ends_with(&id), "{known_as}");
        manager.shutdown().await;
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batch_that_does_not_start_ends_the_mailboxes_that_were_made_for_it() {
    let house = Node::local();
    let url = format!("exchange://{}", exchange(&house).await);
    let manager = guests("apart").await;
    let mut batch = manager.batch();
    batch.on("apart").mailbox(Some(MailboxAt::new(&url).known()));
    let good: Handle<Guest> = batch.reserve("good").unwrap();
    batch.reserve::<Guest>("bad").unwrap();
    batch.made_from("good", &json!({})).unwrap();
    batch.made_from("bad", &json!({ "value": "seven" })).unwrap();

    let error = batch.start().await.unwrap_err().to_string();

    assert!(error.starts_with("cannot launch Guest as `bad`"), "{error}");
    let error = good.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    let mut batch = manager.batch();
    batch.mailbox(Some(MailboxAt::new("mailto://nobody").known()));
    let error = batch.reserve::<Guest>("lost").unwrap_err().to_string();
    assert!(error.contains("`lost`: cannot use `mailto://nobody`"), "{error}");
    manager.shutdown().await;
    house.shutdown().await;
}

/// An exchange on a node of its own; returns its address.
async fn exchange(node: &Node) -> String {
    let keeper = Keeper::open(Box::new(Memory::new()), Settings::new(wording)).unwrap();
    let door = node.clone();
    let clock = Clock::new(move || {
        let millis = door.utc().as_millisecond();
        Moment::from_millis(u64::try_from(millis).unwrap_or(0))
    });
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind(address, keeper, None, clock, ServerSettings::default());
    let server = server.await.unwrap();
    let address = server.address().to_string();
    let serving = Arc::new(node.clone());
    node.spawn(async move {
        let ended = std::future::pending::<()>();
        // It ends with its node.
        let _ = server.serve(ended).await;
        drop(serving);
    })
    .detach();
    address
}

async fn guests(launcher: &str) -> Manager {
    let registry = || Registry::default().with::<Guest>();
    let builder = Manager::builder(&Node::local()).launcher("apart", InProcess::new(registry()));
    let manager = builder.start(OnNode::new(registry())).await.unwrap();
    assert!(["default", "apart"].contains(&launcher));
    manager
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn call_waits_on_the_exchange_while_the_process_is_started_again() {
    for scheme in ["academy+http", "exchange"] {
        let house = Node::local();
        let url = format!("{scheme}://{}", exchange(&house).await);
        let launcher = ChildProcess::of(farm()).unwrap();
        let manager = Manager::builder(&Node::local()).start(launcher).await.unwrap();
        let pause = Duration::from_millis(300);
        let policy = Restart::default().backoff(Backoff { first: pause, most: pause });
        let launch = manager.launch::<Counter>(&()).named("counter").restart(policy);
        let counter = launch.mailbox(MailboxAt::new(&url)).await.unwrap();
        let id = manager.list()[0].mailbox.clone().expect("it got one");
        let client = Node::local();
        let remote = client.connect_any(&format!("{url}/{id}")).await.unwrap();
        assert_eq!(remote.call("add", json!([2])).await.unwrap(), 2, "by {scheme}");

        kill_process(pid(counter.process().await.unwrap()), Signal::KILL).unwrap();
        while manager.list()[0].state != State::Restarting {
            tokio::task::yield_now().await;
        }

        assert_eq!(remote.call("add", json!([1])).await.unwrap(), 1, "it waited, by {scheme}");
        assert_eq!(counter.add(1).await.unwrap(), 2);
        assert_eq!(manager.list()[0].mailbox, Some(id), "it is the same mailbox");
        client.shutdown().await;
        manager.shutdown().await;
        house.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_by_the_manager_leaves_the_mailbox_for_the_next_one() {
    let house = Node::local();
    let url = format!("exchange://{}", exchange(&house).await);
    for launcher in ["default", "apart"] {
        let manager = guests(launcher).await;
        let launch = |mailbox| {
            let launch = manager.launch::<Guest>(&json!({})).named("guest").on(launcher);
            launch.mailbox(mailbox).into_future()
        };
        launch(MailboxAt::new(&url)).await.unwrap();
        let id = manager.list()[0].mailbox.clone().unwrap();
        let client = Node::local();
        let remote = client.connect_any(&format!("{url}/{id}")).await.unwrap();
        assert_eq!(remote.call("add", json!([5])).await.unwrap(), 5);

        assert!(manager.stop("guest").await);
        let waiting = remote.call("add", json!([1])).send();
        launch(MailboxAt::new(&url).id(&id)).await.unwrap();

        assert_eq!(waiting.await.unwrap(), 1, "the next one, of {launcher}, answered");
        client.shutdown().await;
        manager.shutdown().await;
    }
    house.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agent_that_is_done_ends_its_mailbox() {
    let house = Node::local();
    let url = format!("exchange://{}", exchange(&house).await);
    for launcher in ["default", "apart"] {
        let manager = guests(launcher).await;
        let launch = manager.launch::<Guest>(&json!({})).named("guest").on(launcher);
        let guest = launch.mailbox(MailboxAt::new(&url)).await.unwrap();
        let id = manager.list()[0].mailbox.clone().unwrap();
        let client = Node::local();
        let remote = client.connect_any(&format!("{url}/{id}")).await.unwrap();

        guest.leave().await.unwrap();
        manager.ended("guest").await;

        let error = remote.call("add", json!([1])).await.unwrap_err();
        assert!(matches!(error, CallError::Terminated(_)), "{error}");
        client.shutdown().await;
        manager.shutdown().await;
    }
    house.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchange_that_is_not_there_fails_the_start() {
    let manager = guests("apart").await;
    for launcher in ["default", "apart"] {
        let launch = manager.launch::<Guest>(&json!({})).on(launcher);
        let error =
            launch.mailbox(MailboxAt::new("mailto://nobody")).await.unwrap_err().to_string();
        assert!(error.contains("cannot use `mailto://nobody`"), "{error}");
        let mailbox = MailboxAt::new("exchange://127.0.0.1:1").id("seven");
        let launch = manager.launch::<Guest>(&json!({})).on(launcher);
        let error = launch.mailbox(mailbox).await.unwrap_err().to_string();
        assert!(error.contains("`seven` is no id of a mailbox: expected a UUID"), "{error}");
    }
    manager.shutdown().await;
}
