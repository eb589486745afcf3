//! What all parts of a node share.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lyceum_wire::{Address, AgentId, AgentKey, NodeId};
use rand::rngs::SmallRng;
use tokio::runtime::Handle as Runtime;
use tokio::sync::Semaphore;

use super::exchanges::Exchanges;
use super::registry::Registry;
use super::run_queue::{Helping, RunQueue, Runnable};
use super::simulation::Simulation;
use crate::cell::{Header, Profile};
use crate::clock::{Clock, Stopwatch};
use crate::exchange::Departures;
use crate::life::DownReason;
use crate::mailbox::{DeadLetters, LostReason};
use crate::topic::TopicTable;
use crate::{ActionInfo, CallError};

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
    pub(crate) random: Mutex<SmallRng>,
    pub(crate) blocking: Arc<Semaphore>,
    /// The places for constructors.
    pub(crate) constructing: Arc<Semaphore>,
    pub(super) runtime: Option<Runtime>,
    pub(super) runtime_id: Option<tokio::runtime::Id>,
    /// The world of a simulated node, and which of its nodes this one is.
    pub(super) simulation: Option<Arc<Simulation>>,
    pub(super) number: u32,
    /// How many pieces of work hold simulated time still.
    pub(crate) held: AtomicUsize,
    pub(super) closed: AtomicBool,
}

thread_local! {
    /// The world for which this thread polls parts of a larger future, whose owner drives.
    static PARTS_OF: Cell<u64> = const { Cell::new(0) };
}

/// Restores for which world the thread polled parts before.
struct Parts(u64);

impl Drop for Parts {
    fn drop(&mut self) {
        PARTS_OF.set(self.0);
    }
}

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

    /// Returns whether nothing is ready, and no timer is due by then.
    #[inline]
    pub(crate) fn rests_until(&self, nanos: u64) -> bool {
        self.run_queue.is_empty() && self.clock.rests_until(nanos)
    }

    /// Lets a caller outside of any turn help its own call along; a simulated node chooses who
    /// runs what.
    #[inline]
    pub(crate) fn help(&self) -> Option<Helping<'_>> {
        if self.is_simulated() { None } else { Helping::enter(&self.run_queue) }
    }

    /// Returns which world a simulated node belongs to.
    pub(crate) fn world(&self) -> Option<u64> {
        self.simulation.as_ref().map(|simulation| simulation.number())
    }

    /// Returns whether both are simulated nodes of one world.
    pub(crate) fn is_simulated_with(&self, other: &Self) -> bool {
        self.is_simulated() && self.world() == other.world()
    }

    /// Lets the seed choose.
    pub(crate) fn toss(&self) -> bool {
        self.simulation.as_ref().is_some_and(|simulation| simulation.toss())
    }

    /// Notes a turn in the trace of a simulated node.
    #[inline]
    pub(crate) fn note_turn(&self, agent: AgentId, info: &ActionInfo) {
        if let Some(simulation) = &self.simulation {
            simulation.note_action(self, agent, info);
        }
    }

    pub(crate) fn note(&self, agent: AgentId, what: &str) {
        if let Some(simulation) = &self.simulation {
            simulation.note(self, agent, what);
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
        if PARTS_OF.get() == simulation.number() {
            return false;
        }
        let inside = crate::cell::with_current(|frame| frame.world() == Some(simulation.number()));
        // The executor's budget is no limit here: a step is not an input or output.
        !inside.unwrap_or(false) && simulation.drive(cx)
    }

    /// Waits for a future, driving a simulated node meanwhile.
    ///
    /// The whole future is polled again after each step: what it is made of does not drive.
    pub(crate) async fn driven<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| {
            loop {
                let polled = self.undriven(|| future.as_mut().poll(cx));
                if polled.is_ready() || !self.drive(cx) {
                    return polled;
                }
            }
        })
        .await
    }

    /// Polls something that is not to drive the simulated node.
    fn undriven<T>(&self, poll: impl FnOnce() -> T) -> T {
        let Some(world) = self.world() else { return poll() };
        let _parts = Parts(PARTS_OF.replace(world));
        poll()
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

    /// Runs a future on the node ahead of whoever waits for it; dropping that cancels it.
    ///
    /// It is polled once at once, so that what is sent so keeps its order.
    pub(crate) fn ahead<T: Send + 'static>(
        self: &Arc<Self>,
        mut future: BoxFuture<'static, T>,
    ) -> BoxFuture<'static, T> {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = self.undriven(|| future.as_mut().poll(&mut cx)) {
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
        for exchange in self.exchanges.take() {
            exchange.abandon();
        }
        self.topics.clear();
        self.clock.clear();
        if let Some(simulation) = &self.simulation {
            simulation.leave(self);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("id", &self.id).finish_non_exhaustive()
    }
}
