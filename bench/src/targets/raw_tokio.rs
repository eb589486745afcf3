//! tokio alone: a task, an unbounded channel, a oneshot for each answer. A reference line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};

use crate::framework::Framework;
use crate::spin::spin;

pub struct RawTokio;

#[derive(Debug)]
pub enum CounterMessage {
    Add(u64, oneshot::Sender<u64>),
    Tell(u64),
    Stop,
}

#[derive(Debug)]
pub struct RelayMessage(u64, oneshot::Sender<u64>);

#[derive(Debug)]
pub enum NodeMessage {
    Link(UnboundedSender<NodeMessage>),
    Pass(u64),
}

#[derive(Debug)]
pub struct Compute(oneshot::Sender<u64>);

async fn count(mut inbox: UnboundedReceiver<CounterMessage>) {
    let mut value = 0;
    while let Some(message) = inbox.recv().await {
        match message {
            CounterMessage::Add(n, reply) => {
                value += n;
                reply.send(value).expect("the asker waits");
            }
            CounterMessage::Tell(n) => value += n,
            CounterMessage::Stop => return,
        }
    }
}

async fn relay(
    mut inbox: UnboundedReceiver<RelayMessage>,
    counter: UnboundedSender<CounterMessage>,
) {
    let mut value = 0;
    while let Some(RelayMessage(n, reply)) = inbox.recv().await {
        value += RawTokio::add(&counter, n).await;
        reply.send(value).expect("the asker waits");
    }
}

async fn pass_on(mut inbox: UnboundedReceiver<NodeMessage>, done: Arc<Notify>) {
    let mut next = None;
    while let Some(message) = inbox.recv().await {
        match message {
            NodeMessage::Link(node) => next = Some(node),
            NodeMessage::Pass(0) => done.notify_one(),
            NodeMessage::Pass(hops) => {
                let next = next.as_ref().expect("the ring is closed");
                next.send(NodeMessage::Pass(hops - 1)).expect("the next node runs");
            }
        }
    }
}

async fn compute(mut inbox: UnboundedReceiver<Compute>, iterations: u64) {
    while let Some(Compute(reply)) = inbox.recv().await {
        reply.send(spin(iterations)).expect("the asker waits");
    }
}

async fn fire(timers: u64, due_times: u64) -> Duration {
    const STEP: Duration = Duration::from_millis(10);
    let fired = Arc::new(AtomicU64::new(0));
    let first = tokio::time::Instant::now() + 2 * STEP;
    for number in 0..timers {
        let fired = fired.clone();
        let due = first + STEP * (number % due_times) as u32;
        tokio::spawn(async move {
            tokio::time::sleep_until(due).await;
            fired.fetch_add(1, Ordering::Relaxed);
        });
    }
    // The paused clock moves on only when every task waits: all timers are set by then.
    tokio::time::sleep(STEP).await;

    let start = Instant::now();
    tokio::time::sleep_until(first + STEP * due_times as u32).await;
    let elapsed = start.elapsed();
    assert_eq!(fired.load(Ordering::Relaxed), timers);
    elapsed
}

impl Framework for RawTokio {
    type Host = ();
    type Counter = UnboundedSender<CounterMessage>;
    type Relay = UnboundedSender<RelayMessage>;
    type Node = UnboundedSender<NodeMessage>;
    type Heavy = UnboundedSender<Compute>;

    async fn host() {}

    async fn counter((): &()) -> Self::Counter {
        let (sender, inbox) = unbounded_channel();
        tokio::spawn(count(inbox));
        sender
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        counter.send(CounterMessage::Add(n, reply)).expect("the counter runs");
        answer.await.expect("the counter answers")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        counter.send(CounterMessage::Tell(n)).expect("the counter runs");
    }

    async fn stop(counters: Vec<Self::Counter>) {
        for counter in &counters {
            counter.send(CounterMessage::Stop).expect("the counter runs");
        }
        for counter in counters {
            counter.closed().await;
        }
    }

    async fn relay((): &(), counter: Self::Counter) -> Self::Relay {
        let (sender, inbox) = unbounded_channel();
        tokio::spawn(relay(inbox, counter));
        sender
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        relay.send(RelayMessage(n, reply)).expect("the relay runs");
        answer.await.expect("the relay answers")
    }

    async fn node((): &(), done: Arc<Notify>) -> Self::Node {
        let (sender, inbox) = unbounded_channel();
        tokio::spawn(pass_on(inbox, done));
        sender
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.send(NodeMessage::Link(next)).expect("the node runs");
    }

    async fn pass(node: &Self::Node, hops: u64) {
        node.send(NodeMessage::Pass(hops)).expect("the node runs");
    }

    async fn heavy((): &(), iterations: u64) -> Self::Heavy {
        let (sender, inbox) = unbounded_channel();
        tokio::spawn(compute(inbox, iterations));
        sender
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        let (reply, answer) = oneshot::channel();
        heavy.send(Compute(reply)).expect("the actor runs");
        answer.await.expect("the actor answers")
    }

    fn timers(timers: u64, due_times: u64) -> Option<Duration> {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().expect("runtime starts");
        Some(runtime.block_on(runtime.spawn(fire(timers, due_times))).expect("no panic"))
    }
}
