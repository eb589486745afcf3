//! kameo: one type for each message, mailboxes of 64 unless one asks otherwise.

use std::convert::Infallible;
use std::sync::Arc;

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::message::{Context, Message};
use tokio::sync::Notify;

use crate::framework::Framework;
use crate::spin::spin;

pub struct Kameo;

pub struct Counter {
    value: u64,
}

pub struct Add(u64);
pub struct Tell(u64);

impl Actor for Counter {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(counter: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(counter)
    }
}

impl Message<Add> for Counter {
    type Reply = u64;

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self, u64>) -> u64 {
        self.value += n;
        self.value
    }
}

impl Message<Tell> for Counter {
    type Reply = ();

    async fn handle(&mut self, Tell(n): Tell, _: &mut Context<Self, ()>) {
        self.value += n;
    }
}

pub struct Relay {
    counter: ActorRef<Counter>,
    value: u64,
}

impl Actor for Relay {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(relay: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(relay)
    }
}

impl Message<Add> for Relay {
    type Reply = u64;

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self, u64>) -> u64 {
        self.value += Kameo::add(&self.counter, n).await;
        self.value
    }
}

pub struct Node {
    next: Option<ActorRef<Node>>,
    done: Arc<Notify>,
}

pub struct Link(ActorRef<Node>);
pub struct Pass(u64);

impl Actor for Node {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(node: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(node)
    }
}

impl Message<Link> for Node {
    type Reply = ();

    async fn handle(&mut self, Link(next): Link, _: &mut Context<Self, ()>) {
        self.next = Some(next);
    }
}

impl Message<Pass> for Node {
    type Reply = ();

    async fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self, ()>) {
        if hops == 0 {
            self.done.notify_one();
            return;
        }
        let next = self.next.as_ref().expect("the ring is closed");
        next.tell(Pass(hops - 1)).await.expect("the next node runs");
    }
}

pub struct Heavy {
    iterations: u64,
}

pub struct Compute;

impl Actor for Heavy {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(heavy: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(heavy)
    }
}

impl Message<Compute> for Heavy {
    type Reply = u64;

    async fn handle(&mut self, _: Compute, _: &mut Context<Self, u64>) -> u64 {
        spin(self.iterations)
    }
}

impl Framework for Kameo {
    const MILLION_GIGABYTES: Option<u32> = Some(6);

    type Host = ();
    type Counter = ActorRef<Counter>;
    type Relay = ActorRef<Relay>;
    type Node = ActorRef<Node>;
    type Heavy = ActorRef<Heavy>;

    async fn host() {}

    async fn counter((): &()) -> Self::Counter {
        Counter::spawn(Counter { value: 0 })
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        counter.ask(Add(n)).await.expect("the counter answers")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        counter.tell(Tell(n)).await.expect("the counter runs");
    }

    async fn stop(counters: Vec<Self::Counter>) {
        for counter in &counters {
            counter.stop_gracefully().await.expect("the counter runs");
        }
        for counter in counters {
            counter.wait_for_shutdown().await;
        }
    }

    async fn relay((): &(), counter: Self::Counter) -> Self::Relay {
        Relay::spawn(Relay { counter, value: 0 })
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        relay.ask(Add(n)).await.expect("the relay answers")
    }

    async fn node((): &(), done: Arc<Notify>) -> Self::Node {
        Node::spawn(Node { next: None, done })
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.tell(Link(next)).await.expect("the node runs");
    }

    async fn pass(node: &Self::Node, hops: u64) {
        node.tell(Pass(hops)).await.expect("the node runs");
    }

    async fn heavy((): &(), iterations: u64) -> Self::Heavy {
        Heavy::spawn(Heavy { iterations })
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        heavy.ask(Compute).await.expect("the actor answers")
    }
}
