//! What comes in: messages and questions of other nodes for the agents of this one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use lyceum_wire::{AccessKind, AgentKey, Fingerprint, NodeId};
use serde_json::{Value, json};

use super::{AgentFilter, Expects, Fault, Incoming, Origin, Question, Served, Serving, Status};
use crate::call::{CallOptions, Timeout};
use crate::cell::Frame;
use crate::clock::{Sleep, Time};
use crate::error::CallFault;
use crate::node::Shared;
use crate::{
    ActionInfo, AgentRef, AnyHandle, CallError, ClockDriver, NoError, Node, Publication, Task,
};

/// The way in for messages of other nodes. For those who write an exchange.
///
/// It does not keep a node alive that has ended: whatever is asked then ends with an error.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

impl Door {
    /// Opens the way in to a node.
    pub fn of(node: &Node) -> Self {
        Self { shared: node.shared().clone() }
    }

    /// Opens the way in to the node that runs on this thread, or for which a value is decoded on
    /// it; `None` outside of all nodes.
    pub fn current() -> Option<Self> {
        let id = crate::cell::with_current(Frame::node_id)?;
        crate::node::by_id(id).map(|shared| Self { shared })
    }

    /// Returns the node's id.
    pub fn node_id(&self) -> NodeId {
        self.shared.id
    }

    /// Returns the agent of that id or name.
    pub fn find(&self, agent: &AgentKey) -> Option<AnyHandle> {
        self.shared.registry.by_key(agent).map(AnyHandle::new)
    }

    /// Returns what there is to know of the agents that fit.
    pub fn agents(&self, filter: &AgentFilter) -> Vec<Status> {
        let fits = |status: &Status, agent: &AgentRef| {
            let has = |name| status.interfaces.as_ref().is_some_and(|own| own.contains(name));
            filter.kind.as_ref().is_none_or(|kind| *kind == status.kind)
                && filter.interface.as_ref().is_none_or(has)
                && agent.has_attributes(&filter.attributes)
        };
        let agents = self.shared.registry.find(|_| true);
        let statuses = agents.iter().map(|agent| (agent.status(), agent));
        statuses.filter(|(status, agent)| fits(status, agent)).map(|(status, _)| status).collect()
    }

    /// Returns whether an action of an agent answers with a stream of results.
    pub fn streams(&self, agent: &AnyHandle, action: &str) -> bool {
        let route = agent.cell().and_then(|agent| agent.route(action));
        route.is_some_and(|route| route.stream)
    }

    /// Hands a message to an agent. It is decoded now, and sent when the future is first polled,
    /// on a thread of the node's runtime.
    ///
    /// # Errors
    ///
    /// Says that the agent has no such action, or which argument does not fit.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future takes the message back while it is queued.
    pub fn serve(&self, to: &AnyHandle, incoming: &Incoming<'_>) -> Result<Serving, CallError> {
        let Some(agent) = to.cell() else { return Err(unknown(to, incoming.action, "no cell")) };
        let Some(route) = agent.route(incoming.action) else {
            return Err(unknown(to, incoming.action, &crate::call::known_actions(agent)));
        };
        match (route.stream, incoming.expects) {
            (_, Expects::Acceptance) | (false, Expects::Value) | (true, Expects::Stream) => {}
            (true, _) => return Err(unknown(to, incoming.action, "it answers with a stream")),
            (false, _) => return Err(unknown(to, incoming.action, "it answers with one value")),
        }
        let timeout = incoming.time_left.map_or(Timeout::Never, Timeout::After);
        let options = CallOptions { timeout, ..CallOptions::default() };
        let serving = (route.serve)(agent, incoming, options.encoded_bytes(incoming.bytes))?;
        let origin = incoming.origin.clone();
        Ok(Box::pin(Arrival { node: self.shared.clone(), origin, serving }))
    }

    /// Returns what this node takes an agent's action for; `None` if it has no such action.
    pub fn fingerprint(&self, agent: &AnyHandle, action: &str) -> Option<Fingerprint> {
        Some((agent.cell()?.route(action)?.fingerprint)())
    }

    /// Hands a message that was published on another node to this node's subscribers; returns how
    /// many got it. It goes to no further node.
    pub fn publish(&self, publication: &Publication) -> usize {
        self.shared.note_outside();
        self.shared.topics.publish(publication)
    }

    /// Returns the patterns that anybody on this node subscribed to, each once.
    pub fn interests(&self) -> Vec<String> {
        self.shared.topics.patterns()
    }

    /// Begins to watch for subscriptions that come or go. Each exchange has a watch of its own.
    pub fn watch_interests(&self) -> InterestWatch {
        InterestWatch { seen: self.shared.topics.version(), shared: self.shared.clone() }
    }

    /// Answers a question about an agent.
    pub fn answer(
        &self,
        about: &AnyHandle,
        question: Question,
    ) -> BoxFuture<'static, Result<Value, CallError>> {
        let about = about.clone();
        let door = self.clone();
        async move { door.answer_now(&about, question).await }.boxed()
    }

    async fn answer_now(&self, about: &AnyHandle, question: Question) -> Result<Value, CallError> {
        match question {
            Question::Status => Ok(json!(about.status().await?)),
            Question::Describe => Ok(json!(about.describe().await?)),
            Question::Ping => about.ping().await.map(|_| Value::Null),
            Question::Stop => {
                about.stop();
                Ok(Value::Null)
            }
            Question::Kill => {
                about.kill();
                Ok(Value::Null)
            }
            Question::Ended => Ok(json!(about.ended().await)),
            Question::Monitor => Ok(json!(about.monitor().await)),
            Question::SetFlag(flag) => about.set_flag(&flag).await.map(|()| Value::Null),
            Question::Activate => about.activate().await.map(Value::from),
            Question::Deactivate => about.deactivate().await.map(Value::from),
            Question::Link(other) => {
                let other = self.revive(&other);
                let other = other.map_err(|why| unknown(about, "link", &why.to_string()))?;
                about.recipient().link_to(other.recipient()).await.map(|()| Value::Null)
            }
            Question::Unlink(other) => {
                let other = self.revive(&other);
                let other = other.map_err(|why| unknown(about, "unlink", &why.to_string()))?;
                about.recipient().unlink_from(other.recipient()).await.map(|()| Value::Null)
            }
        }
    }

    /// Returns a handle of the agent at an address, seen from this node.
    ///
    /// # Errors
    ///
    /// Says whether the node or the agent is missing.
    pub fn revive(&self, address: &lyceum_wire::Address) -> Result<AnyHandle, crate::ReviveError> {
        self.reviving(|| AnyHandle::revive(address))
    }

    /// Runs `work` so that handles that it decodes are revived for this node.
    pub fn reviving<T>(&self, work: impl FnOnce() -> T) -> T {
        crate::handle::reviving(&self.shared, work)
    }

    /// Makes the origin of a message ready: a chain of calls that comes back finds its turn.
    pub fn arrive(&self, mut origin: Origin) -> Arc<Origin> {
        origin.arrive(&self.shared);
        Arc::new(origin)
    }

    /// Runs a future on the node, beside the agents. It ends with the node.
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Task::new(&self.shared, future)
    }

    /// Returns the runtime that the node is on; `None` for a simulated node.
    pub fn runtime(&self) -> Option<tokio::runtime::Handle> {
        self.shared.runtime().cloned()
    }

    /// Returns which world a simulated node belongs to; `None` for other nodes.
    pub fn world(&self) -> Option<u64> {
        self.shared.world()
    }

    /// Notes that something became ready for a program that waits outside of a simulated node.
    pub fn note_outside(&self) {
        self.shared.note_outside();
    }

    /// Waits for a future, and drives a simulated node meanwhile.
    pub async fn driven<F: Future>(&self, future: F) -> F::Output {
        self.shared.driven(future).await
    }

    /// Returns the time of the node's clock.
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// Returns the date of the node's clock.
    pub fn utc(&self) -> jiff::Timestamp {
        self.shared.clock.utc()
    }

    /// Waits until a time of the node's clock.
    pub fn sleep_until(&self, time: Time) -> Sleep {
        Sleep::until(self.shared.clone(), time)
    }

    /// Returns who sets the time of the node, if its clock is external.
    pub fn clock_driver(&self) -> Option<ClockDriver> {
        ClockDriver::of(&self.shared)
    }

    /// Returns how long what has begun may take when the node stops.
    pub fn grace(&self) -> Duration {
        self.shared.grace
    }

    /// Returns the exchange of that type, if one is attached to the node.
    pub fn exchange<E: super::Exchange>(&self) -> Option<Arc<E>> {
        self.shared.exchanges.of_type()
    }

    /// Returns the exchange of that type that is attached to the node, or attaches one.
    pub fn exchange_or_attach<E: super::Exchange>(&self, make: impl FnOnce() -> E) -> Arc<E> {
        self.shared.exchanges.get_or_attach(make)
    }

    /// Draws a random number from the node's source.
    pub fn random(&self) -> u64 {
        self.shared.with_random(rand::Rng::random)
    }

    /// Returns whether the node has ended.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }
}

/// Hears of all subscriptions of a node that come or go. Made by [`Door::watch_interests`].
pub struct InterestWatch {
    shared: Arc<Shared>,
    seen: u64,
}

impl InterestWatch {
    /// Waits until subscriptions came or went since the last time.
    ///
    /// # Cancel safety
    ///
    /// No change is missed if the future is dropped.
    pub async fn changed(&mut self) {
        let topics = &self.shared.topics;
        loop {
            let changed = topics.changed.notified();
            let version = topics.version();
            if version != self.seen {
                self.seen = version;
                return;
            }
            changed.await;
        }
    }
}

/// A message on its way from the network to its agent.
struct Arrival {
    node: Arc<Shared>,
    origin: Option<Arc<Origin>>,
    serving: Serving,
}

impl Future for Arrival {
    type Output = Result<Served, Fault>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let node = NonNull::from(&*this.node);
        match &this.origin {
            Some(origin) if this.node.is_home() => {
                let frame = Frame::of_arrival(node, origin);
                let _entered = frame.enter();
                this.serving.as_mut().poll(cx)
            }
            _ => this.serving.as_mut().poll(cx),
        }
    }
}

#[cold]
fn unknown(to: &AnyHandle, action: &str, why: &str) -> CallError<NoError> {
    let info = ActionInfo::new("", "", AccessKind::Shared);
    let mut fault = CallFault::new(to.recipient(), &info).detail(why).started(false);
    fault.action = action.into();
    CallError::UnknownAction(fault)
}

impl fmt::Debug for InterestWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InterestWatch({})", self.shared.id)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({})", self.shared.id)
    }
}
