//! Agents that have mailboxes on the server, and nodes that can be killed.

use std::sync::{Arc, Mutex};

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Register, Uuid};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::house::House;

/// What happened to an agent, seen from outside.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    /// The delivery attempts of `wait`, in order.
    pub(crate) attempts: Arc<Mutex<Vec<u32>>>,
    /// Says that `wait` has begun.
    pub(crate) begun: Arc<Notify>,
    /// Lets `wait` end.
    pub(crate) gate: Arc<Notify>,
}

#[derive(Default)]
pub(crate) struct Clerk {
    value: u64,
    seen: Vec<u64>,
    watch: Watch,
}

impl Clerk {
    pub(crate) fn watched(watch: &Watch) -> Self {
        Self { watch: watch.clone(), ..Self::default() }
    }
}

#[agent]
impl Clerk {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    /// Adds, and is durable by itself.
    #[action(durable)]
    fn book(&mut self, n: u64) -> u64 {
        self.add(n)
    }

    #[action]
    fn echo(&self, text: String) -> String {
        text
    }

    #[action]
    fn note(&mut self, n: u64) {
        self.seen.push(n);
    }

    #[action]
    fn noted(&self) -> Vec<u64> {
        self.seen.clone()
    }

    #[action]
    fn fail(&self) -> Result<(), std::num::ParseIntError> {
        "x".parse::<u64>().map(drop)
    }

    /// Waits until it is let go, and returns how often its message was delivered.
    #[action]
    async fn wait(&self, cx: &Context<Self>) -> u32 {
        let attempt = cx.delivery_attempt();
        self.watch.attempts.lock().unwrap().push(attempt);
        self.watch.begun.notify_one();
        self.watch.gate.notified().await;
        attempt
    }

    /// Does the same with something in its hands, and returns it.
    #[action]
    async fn carry(&self, text: String, cx: &Context<Self>) -> String {
        self.wait(cx).await;
        text
    }
}

pub(crate) const MAILBOX: Uuid = Uuid::from_u128(7);

pub(crate) fn url(house: &House) -> String {
    format!("exchange://{}", house.address)
}

pub(crate) fn address(house: &House) -> String {
    format!("{}/{MAILBOX}", url(house))
}

/// Registers an agent of a node under the mailbox of all tests.
pub(crate) fn register(node: &Node, house: &House, agent: &Handle<Clerk>) -> Register {
    node.register_mailbox(&url(house), &agent.any()).id(MAILBOX).class("app.Clerk")
}

/// A node on a runtime of its own, which can be ended as if its process were killed.
pub(crate) struct Doomed {
    pub(crate) node: Node,
    runtime: Option<Runtime>,
}

impl Doomed {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let node = Node::builder().runtime(runtime.handle().clone()).build().unwrap();
        Self { node, runtime: Some(runtime) }
    }

    /// Starts one whose agent has the mailbox.
    pub(crate) async fn serving(house: &House, watch: &Watch) -> Self {
        let doomed = Self::new();
        let clerk = doomed.node.launch(Clerk::watched(watch)).await.unwrap();
        register(&doomed.node, house, &clerk).keep().await.unwrap();
        doomed
    }

    pub(crate) fn kill(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
