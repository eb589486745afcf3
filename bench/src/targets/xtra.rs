//! xtra: one type for each message, the mailbox made by hand: unbounded, as in its examples.

use std::sync::Arc;

use tokio::sync::Notify;
use xtra::{Actor, Address, Context, Handler, Mailbox};

use crate::framework::Framework;
use crate::spin::spin;

pub struct Xtra;

pub struct Counter {
    value: u64,
}

pub struct Add(u64);
pub struct Tell(u64);
pub struct Stop;

impl Actor for Counter {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Add> for Counter {
    type Return = u64;

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) -> u64 {
        self.value += n;
        self.value
    }
}

impl Handler<Tell> for Counter {
    type Return = ();

    async fn handle(&mut self, Tell(n): Tell, _: &mut Context<Self>) {
        self.value += n;
    }
}

impl Handler<Stop> for Counter {
    type Return = ();

    async fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop_self();
    }
}

pub struct Relay {
    counter: Address<Counter>,
    value: u64,
}

impl Actor for Relay {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Add> for Relay {
    type Return = u64;

    async fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) -> u64 {
        self.value += Xtra::add(&self.counter, n).await;
        self.value
    }
}

pub struct Node {
    next: Option<Address<Node>>,
    done: Arc<Notify>,
}

pub struct Link(Address<Node>);
pub struct Pass(u64);

impl Actor for Node {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Link> for Node {
    type Return = ();

    async fn handle(&mut self, Link(next): Link, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

impl Handler<Pass> for Node {
    type Return = ();

    async fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self>) {
        if hops == 0 {
            self.done.notify_one();
            return;
        }
        let next = self.next.as_ref().expect("the ring is closed");
        // The receiver of the answer is dropped: nobody waits for the end of the ring.
        drop(next.send(Pass(hops - 1)).detach().await.expect("the next node runs"));
    }
}

pub struct Heavy {
    iterations: u64,
}

pub struct Compute;

impl Actor for Heavy {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Compute> for Heavy {
    type Return = u64;

    async fn handle(&mut self, _: Compute, _: &mut Context<Self>) -> u64 {
        spin(self.iterations)
    }
}

impl Framework for Xtra {
    type Host = ();
    type Counter = Address<Counter>;
    type Relay = Address<Relay>;
    type Node = Address<Node>;
    type Heavy = Address<Heavy>;

    async fn host() {}

    async fn counter((): &()) -> Self::Counter {
        xtra::spawn_tokio(Counter { value: 0 }, Mailbox::unbounded())
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        counter.send(Add(n)).await.expect("the counter answers")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        drop(counter.send(Tell(n)).detach().await.expect("the counter runs"));
    }

    async fn stop(counters: Vec<Self::Counter>) {
        for counter in &counters {
            drop(counter.send(Stop).detach().await.expect("the counter runs"));
        }
        for counter in counters {
            counter.join().await;
        }
    }

    async fn relay((): &(), counter: Self::Counter) -> Self::Relay {
        xtra::spawn_tokio(Relay { counter, value: 0 }, Mailbox::unbounded())
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        relay.send(Add(n)).await.expect("the relay answers")
    }

    async fn node((): &(), done: Arc<Notify>) -> Self::Node {
        xtra::spawn_tokio(Node { next: None, done }, Mailbox::unbounded())
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        drop(node.send(Link(next)).detach().await.expect("the node runs"));
    }

    async fn pass(node: &Self::Node, hops: u64) {
        drop(node.send(Pass(hops)).detach().await.expect("the node runs"));
    }

    async fn heavy((): &(), iterations: u64) -> Self::Heavy {
        xtra::spawn_tokio(Heavy { iterations }, Mailbox::unbounded())
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        heavy.send(Compute).await.expect("the actor answers")
    }
}
