//! Lyceum: methods with attributes; everything as a user gets it by default.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lyceum::prelude::*;
use tokio::sync::Notify;

use crate::framework::Framework;
use crate::spin::spin;

pub struct Lyceum;

#[derive(Default)]
pub struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    /// The same through the mailbox, so that who calls it from an action suspends.
    #[action(queued)]
    fn add_later(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }
}

pub struct Relay {
    counter: Handle<Counter>,
    value: u64,
}

#[agent]
impl Relay {
    #[action]
    async fn add(&mut self, n: u64) -> u64 {
        self.value += self.counter.add_later(n).await.expect("the counter lives");
        self.value
    }
}

pub struct RingNode {
    next: Option<Handle<RingNode>>,
    done: Arc<Notify>,
}

#[agent]
impl RingNode {
    #[action(local)]
    fn connect(&mut self, next: Handle<RingNode>) {
        self.next = Some(next);
    }

    #[action]
    async fn pass(&mut self, hops: u64) {
        match &self.next {
            Some(next) if hops > 0 => next.pass(hops - 1).tell().await.expect("the next lives"),
            _ => self.done.notify_one(),
        }
    }
}

pub struct Heavy {
    iterations: u64,
}

#[agent]
impl Heavy {
    #[action]
    fn compute(&mut self) -> u64 {
        spin(self.iterations)
    }
}

impl Framework for Lyceum {
    type Host = Node;
    type Counter = Handle<Counter>;
    type Relay = Handle<Relay>;
    type Node = Handle<RingNode>;
    type Heavy = Handle<Heavy>;

    async fn host() -> Self::Host {
        Node::local()
    }

    async fn close(host: Self::Host) {
        host.shutdown().await;
    }

    async fn counter(host: &Self::Host) -> Self::Counter {
        host.launch(Counter::default()).await.expect("counter launches")
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        counter.add(n).await.expect("counter lives")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        counter.add(n).tell().await.expect("counter lives");
    }

    async fn stop(all: Vec<Self::Counter>) {
        for counter in all {
            counter.stop().await;
        }
    }

    async fn relay(host: &Self::Host, counter: Self::Counter) -> Self::Relay {
        host.launch(Relay { counter, value: 0 }).await.expect("relay launches")
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        relay.add(n).await.expect("relay lives")
    }

    async fn node(host: &Self::Host, done: Arc<Notify>) -> Self::Node {
        host.launch(RingNode { next: None, done }).await.expect("node launches")
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.connect(next).await.expect("node lives");
    }

    async fn pass(node: &Self::Node, hops: u64) {
        node.pass(hops).tell().await.expect("node lives");
    }

    async fn heavy(host: &Self::Host, iterations: u64) -> Self::Heavy {
        host.launch(Heavy { iterations }).await.expect("heavy launches")
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        heavy.compute().await.expect("heavy lives")
    }

    fn timers(timers: u64, due_times: u64) -> Option<Duration> {
        let node = Node::simulated(1);
        for index in 0..timers {
            let sleep = node.sleep(Duration::from_millis(1 + index % due_times));
            node.spawn(sleep).detach();
        }
        node.run_until_idle();
        let start = Instant::now();
        node.advance(Duration::from_millis(due_times));
        Some(start.elapsed())
    }
}
