//! What all parts of a node share.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lyceum_wire::{Address, AgentId, AgentKey, NodeId};
use rand::rngs::SmallRng;
use tokio::runtime::Handle as Runtime;

use super::exchanges::Exchanges;
use super::registry::Registry;
use super::run_queue::{Helping, RunQueue, Runnable};
use super::simulation::Simulation;
use crate::cell::{Frame, Header, Lock, Profile};
use crate::clock::{Clock, Stopwatch};
use crate::exchange::Departures;
use crate::life::DownReason;
use crate::mailbox::{DeadLetters, LostReason};
use crate::topic::TopicTable;
use crate::{ActionInfo, AgentRef, CallError};

/// What all parts of a node share.
pub(crate) struct Shared {
    pub(crate) id: NodeId,
    pub(crate) run_queue: RunQueue,
    pub(crate) clock: Clock,
    pub(crate) registry: Registry,
    pub(crate) topics: TopicTable,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) default_timeout: Duration,
    pub(crate) grace: Duration,
    pub(crate) exchanges: Exchanges,
    /// The turns whose calls went to other nodes.
    pub(crate) departures: Departures,
    /// Guards the graph of agents that wait for each other.
    pub(crate) waits: Lock<()>,
    pub(crate) random: Mutex<SmallRng>,
    pub(crate) blocking: Arc<tokio::sync::Semaphore>,
    pub(super) runtime: Option<Runtime>,
    pub(super) runtime_id: Option<tokio::runtime::Id>,
    pub(super) simulation: Option<Simulation>,
    /// How many pieces of work hold simulated time still.
    pub(crate) held: AtomicUsize,
    pub(super) closed: AtomicBool,
}

/// A job of the node: dropping it cancels the job.
///
/// Its output is `None` if the node ended first.
pub(crate) type Job<T> = async_task::FallibleTask<T>;

impl Shared {
    /// Returns whether this thread runs the node's runtime.
    #[inline]
    pub(crate) fn is_current_runtime(&self) -> bool {
        super::runtime::is_current(self)
    }

    /// Returns whether this thread runs the node's runtime, or drives the simulated node.
    pub(crate) fn is_home(&self) -> bool {
        self.is_simulated() || self.is_current_runtime()
    }

    pub(crate) fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_ref()
    }

    #[inline]
    pub(crate) fn is_simulated(&self) -> bool {
        self.simulation.is_some()
    }

    /// Lets a caller outside of any turn help its own call along; a simulated node chooses who
    /// runs what.
    #[inline]
    pub(crate) fn help(&self) -> Option<Helping<'_>> {
        if self.is_simulated() { None } else { Helping::enter(&self.run_queue) }
    }

    /// Lets the seed choose.
    pub(crate) fn toss(&self) -> bool {
        self.simulation.as_ref().is_some_and(Simulation::toss)
    }

    /// Notes a turn in the trace of a simulated node.
    #[inline]
    pub(crate) fn note_turn(&self, agent: AgentId, info: &ActionInfo) {
        if let Some(simulation) = &self.simulation {
            simulation.note_action(self.clock.now(), agent, info);
        }
    }

    pub(crate) fn note(&self, agent: AgentId, what: &str) {
        if let Some(simulation) = &self.simulation {
            simulation.note(self.clock.now(), agent, what);
        }
    }

    /// Notes that something started or became ready outside of a simulated node.
    #[inline]
    pub(crate) fn note_outside(&self) {
        if let Some(simulation) = &self.simulation {
            simulation.note_outside(1);
        }
    }

    /// Starts a stopwatch if the next run of an action is to be measured.
    #[inline]
    pub(crate) fn measures(&self, profile: &Profile) -> Option<Stopwatch> {
        let wanted = !self.is_simulated() && profile.wants_sample();
        wanted.then(Stopwatch::start)
    }

    /// Makes a step for a future that waits outside of a simulated node; true if it is to look
    /// again.
    #[inline]
    pub(crate) fn drive(&self, cx: &mut Context<'_>) -> bool {
        let Some(simulation) = &self.simulation else { return false };
        let inside = crate::cell::with_current(|frame| frame.node == NonNull::from(self));
        // The executor's budget is no limit here: a step is not an input or output.
        !inside.unwrap_or(false) && simulation.drive(self, cx)
    }

    /// Waits for a future, driving a simulated node meanwhile.
    pub(crate) async fn driven<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| {
            loop {
                let polled = future.as_mut().poll(cx);
                if polled.is_ready() || !self.drive(cx) {
                    return polled;
                }
            }
        })
        .await
    }

    /// Returns whether work that is foreign to the clock holds simulated time still.
    pub(crate) fn is_busy(&self) -> bool {
        self.held.load(Ordering::Acquire) > 0
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Returns an agent's address by its id.
    pub(crate) fn address(&self, id: AgentId) -> Address {
        let endpoint = self.exchanges.endpoint();
        Address { node: Some(self.id), endpoint, agent: AgentKey::Id(id) }
    }

    /// Runs a future on the node, beside everything.
    pub(crate) fn spawn<F>(self: &Arc<Self>, agent: Option<&AgentRef>, future: F) -> Job<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let framed = InNode { node: self.clone(), agent: agent.cloned(), future };
        let node = self.clone();
        let schedule = move |job| node.run_queue.push(Runnable::Job(job));
        let (runnable, task) = async_task::spawn(framed, schedule);
        runnable.schedule();
        task.fallible()
    }

    /// Runs a future on the node ahead of whoever waits for it; dropping that cancels it.
    ///
    /// It is polled once at once, so that what is sent so keeps its order.
    pub(crate) fn ahead<T: Send + 'static>(
        self: &Arc<Self>,
        mut future: BoxFuture<'static, T>,
    ) -> BoxFuture<'static, T> {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Box::pin(std::future::ready(output));
        }
        let job = self.spawn(None, future);
        Box::pin(async move {
            match job.await {
                Some(output) => output,
                // The node is gone, and with it whoever could answer.
                None => std::future::pending().await,
            }
        })
    }

    /// Lets a message leave for another node now, whoever waits.
    pub(crate) fn send_off<T: Send + 'static>(
        self: &Arc<Self>,
        told: BoxFuture<'static, Result<T, CallError>>,
    ) {
        let told = self.ahead(told);
        let job = self.spawn(None, async move {
            if let Err(error) = told.await {
                tracing::warn!(%error, "a message was not delivered, and nobody waits for it");
            }
        });
        job.detach();
    }

    /// Notes a message that nobody will handle.
    #[cold]
    pub(crate) fn dead_letter(&self, agent: &Header, info: &ActionInfo, reason: LostReason) {
        let address = self.address(agent.id);
        self.dead_letters.note(address, agent.vtable().name, info, reason, self.clock.now());
    }

    pub(crate) fn with_random<T>(&self, draw: impl FnOnce(&mut SmallRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends every agent at once; callers hear why. Called when nothing runs agents any more.
    pub(crate) fn close(&self, why: &str) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        super::delist(self.id);
        self.registry.close();
        let queued = self.run_queue.close();
        for agent in self.registry.find(|_| true) {
            crate::life::end_now(&agent, DownReason::NodeStopped(why.into()));
        }
        queued.into_iter().for_each(Runnable::run_last);
        self.topics.clear();
        self.clock.clear();
        // They keep a way in to the node, which keeps them.
        drop(self.exchanges.take());
    }
}

pin_project_lite::pin_project! {
    /// A job's future: while it is polled, the thread's frame says for whom.
    struct InNode<F> {
        node: Arc<Shared>,
        agent: Option<AgentRef>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InNode<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let agent = this.agent.as_ref().map(AgentRef::pointer);
        let frame = Frame::new(NonNull::from(&**this.node), agent, None, false);
        let _entered = frame.enter();
        let polled = this.future.poll(cx);
        if polled.is_ready() {
            // Its output may be awaited outside.
            this.node.note_outside();
        }
        polled
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("id", &self.id).finish_non_exhaustive()
    }
}
