//! ractor: a handler type, its state apart from it, one message enum.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use tokio::sync::Notify;

use crate::framework::Framework;
use crate::spin::spin;

pub struct Ractor;

pub struct Counter;

pub enum CounterMessage {
    Add(u64, RpcReplyPort<u64>),
    Tell(u64),
}

impl Actor for Counter {
    type Msg = CounterMessage;
    type State = u64;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<CounterMessage>,
        (): (),
    ) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<CounterMessage>,
        message: CounterMessage,
        value: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            CounterMessage::Add(n, reply) => {
                *value += n;
                reply.send(*value)?;
            }
            CounterMessage::Tell(n) => *value += n,
        }
        Ok(())
    }
}

pub struct Relay;

pub struct RelayMessage(u64, RpcReplyPort<u64>);

pub struct RelayState {
    counter: ActorRef<CounterMessage>,
    value: u64,
}

impl Actor for Relay {
    type Msg = RelayMessage;
    type State = RelayState;
    type Arguments = ActorRef<CounterMessage>;

    async fn pre_start(
        &self,
        _: ActorRef<RelayMessage>,
        counter: ActorRef<CounterMessage>,
    ) -> Result<RelayState, ActorProcessingErr> {
        Ok(RelayState { counter, value: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<RelayMessage>,
        RelayMessage(n, reply): RelayMessage,
        state: &mut RelayState,
    ) -> Result<(), ActorProcessingErr> {
        state.value += Ractor::add(&state.counter, n).await;
        reply.send(state.value)?;
        Ok(())
    }
}

pub struct Node;

pub enum NodeMessage {
    Link(ActorRef<NodeMessage>),
    Pass(u64),
}

pub struct NodeState {
    next: Option<ActorRef<NodeMessage>>,
    done: Arc<Notify>,
}

impl Actor for Node {
    type Msg = NodeMessage;
    type State = NodeState;
    type Arguments = Arc<Notify>;

    async fn pre_start(
        &self,
        _: ActorRef<NodeMessage>,
        done: Arc<Notify>,
    ) -> Result<NodeState, ActorProcessingErr> {
        Ok(NodeState { next: None, done })
    }

    async fn handle(
        &self,
        _: ActorRef<NodeMessage>,
        message: NodeMessage,
        state: &mut NodeState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            NodeMessage::Link(next) => state.next = Some(next),
            NodeMessage::Pass(0) => state.done.notify_one(),
            NodeMessage::Pass(hops) => {
                let next = state.next.as_ref().expect("the ring is closed");
                next.cast(NodeMessage::Pass(hops - 1))?;
            }
        }
        Ok(())
    }
}

pub struct Heavy;

pub struct Compute(RpcReplyPort<u64>);

impl Actor for Heavy {
    type Msg = Compute;
    type State = u64;
    type Arguments = u64;

    async fn pre_start(
        &self,
        _: ActorRef<Compute>,
        iterations: u64,
    ) -> Result<u64, ActorProcessingErr> {
        Ok(iterations)
    }

    async fn handle(
        &self,
        _: ActorRef<Compute>,
        Compute(reply): Compute,
        iterations: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        reply.send(spin(*iterations))?;
        Ok(())
    }
}

impl Framework for Ractor {
    const MILLION_GIGABYTES: Option<u32> = Some(7);

    type Host = ();
    type Counter = ActorRef<CounterMessage>;
    type Relay = ActorRef<RelayMessage>;
    type Node = ActorRef<NodeMessage>;
    type Heavy = ActorRef<Compute>;

    async fn host() {}

    async fn counter((): &()) -> Self::Counter {
        Counter::spawn(None, Counter, ()).await.expect("the counter starts").0
    }

    async fn add(counter: &Self::Counter, n: u64) -> u64 {
        let answer = counter.call(|reply| CounterMessage::Add(n, reply), None).await;
        answer.expect("the counter runs").expect("the counter answers")
    }

    async fn tell(counter: &Self::Counter, n: u64) {
        counter.cast(CounterMessage::Tell(n)).expect("the counter runs");
    }

    async fn stop(counters: Vec<Self::Counter>) {
        for counter in &counters {
            counter.stop(None);
        }
        for counter in counters {
            counter.wait(None).await.expect("no time limit was set");
        }
    }

    async fn relay((): &(), counter: Self::Counter) -> Self::Relay {
        Relay::spawn(None, Relay, counter).await.expect("the relay starts").0
    }

    async fn add_through(relay: &Self::Relay, n: u64) -> u64 {
        let answer = relay.call(|reply| RelayMessage(n, reply), None).await;
        answer.expect("the relay runs").expect("the relay answers")
    }

    async fn node((): &(), done: Arc<Notify>) -> Self::Node {
        Node::spawn(None, Node, done).await.expect("the node starts").0
    }

    async fn link(node: &Self::Node, next: Self::Node) {
        node.cast(NodeMessage::Link(next)).expect("the node runs");
    }

    async fn pass(node: &Self::Node, hops: u64) {
        node.cast(NodeMessage::Pass(hops)).expect("the node runs");
    }

    async fn heavy((): &(), iterations: u64) -> Self::Heavy {
        Heavy::spawn(None, Heavy, iterations).await.expect("the actor starts").0
    }

    async fn compute(heavy: &Self::Heavy) -> u64 {
        heavy.call(Compute, None).await.expect("the actor runs").expect("the actor answers")
    }
}
