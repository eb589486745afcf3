//! actix: its own system, all actors on the thread that runs it.

use std::sync::Arc;

use actix::fut::WrapFuture;
use actix::prelude::{
    Actor, ActorContext, ActorFutureExt, Addr, Context, Handler, Message, ResponseActFuture, System,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::framework::Framework;
use crate::spin::spin;

pub struct Actix;

pub struct Counter {
    value: u64,
}

impl Actor for Counter {
    type Context = Context<Self>;
}

pub struct Add(u64);

impl Message for Add {
    type Result = u64;
}

impl Handler<Add> for Counter {
    type Result = u64;

    fn handle(&mut self, Add(n): Add, _: &mut Context<Self>) -> u64 {
        self.value += n;
        self.value
    }
}

pub struct Tell(u64);

impl Message for Tell {
    type Result = ();
}

impl Handler<Tell> for Counter {
    type Result = ();

    fn handle(&mut self, Tell(n): Tell, _: &mut Context<Self>) {
        self.value += n;
    }
}

pub struct Stop;

impl Message for Stop {
    type Result = ();
}

impl Handler<Stop> for Counter {
    type Result = ();

    fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop();
    }
}

pub struct Relay {
    counter: Addr<Counter>,
    value: u64,
}

impl Actor for Relay {
    type Context = Context<Self>;
}

impl Handler<Add> for Relay {
    type Result = ResponseActFuture<Self, u64>;

    fn handle(&mut self, add: Add, _: &mut Context<Self>) -> Self::Result {
        let answer = self.counter.send(add).into_actor(self);
        Box::pin(answer.map(|answer, relay, _| {
            relay.value += answer.expect("the counter answers");
            relay.value
        }))
    }
}

pub struct Node {
    next: Option<Addr<Node>>,
    done: Arc<Notify>,
}

impl Actor for Node {
    type Context = Context<Self>;
}

pub struct Link(Addr<Node>);

impl Message for Link {
    type Result = ();
}

impl Handler<Link> for Node {
    type Result = ();

    fn handle(&mut self, Link(next): Link, _: &mut Context<Self>) {
        self.next = Some(next);
    }
}

pub struct Pass(u64);

impl Message for Pass {
    type Result = ();
}

impl Handler<Pass> for Node {
    type Result = ();

    fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self>) {
        if hops == 0 {
            self.done.notify_one();
            return;
        }
        self.next.as_ref().expect("the ring is closed").do_send(Pass(hops - 1));
    }
}

pub struct Heavy {
    iterations: u64,
}

impl Actor for Heavy {
    type Context = Context<Self>;
}

pub struct Compute;

impl Message for Compute {
    type Result = u64;
}

impl Handler<Compute> for Heavy {
    type Result = u64;

    fn handle(&mut self, _: Compute, _: &mut Context<Self>) -> u64 {
        spin(self.iterations)
    }
}

impl Framework for Actix {
    const MULTI_THREAD: bool = false;

    type Host = ();
    type Counter = Addr<Counter>;
    type Relay = Addr<Relay>;
    type Node = Addr<Node>;
    type Heavy = Addr<Heavy>;

    async fn host() {}

    async fn counter((): &()) -> Self::Counter {
        Counter { value: 0 }.start()
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        counter.send(Add(n)).await.expect("the counter answers")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        counter.do_send(Tell(n));
    }

    async fn stop(counters: Vec<Self::Counter>) {
        for counter in &counters {
            counter.do_send(Stop);
        }
        for counter in counters {
            // There is nothing to await.
            while counter.connected() {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn relay((): &(), counter: Self::Counter) -> Self::Relay {
        Relay { counter, value: 0 }.start()
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        relay.send(Add(n)).await.expect("the relay answers")
    }

    async fn node((): &(), done: Arc<Notify>) -> Self::Node {
        Node { next: None, done }.start()
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.do_send(Link(next));
    }

    async fn pass(node: &Self::Node, hops: u64) {
        node.do_send(Pass(hops));
    }

    async fn heavy((): &(), iterations: u64) -> Self::Heavy {
        Heavy { iterations }.start()
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        heavy.send(Compute).await.expect("the actor answers")
    }

    fn current_thread<T, D>(driver: D) -> T
    where
        T: Send + 'static,
        D: Future<Output = T> + Send + 'static,
    {
        let driver = async { Self::spawn(driver).await.expect("driver ends without panic") };
        System::new().block_on(driver)
    }

    fn spawn<T, D>(task: D) -> JoinHandle<T>
    where
        T: Send + 'static,
        D: Future<Output = T> + Send + 'static,
    {
        actix::spawn(task)
    }
}
