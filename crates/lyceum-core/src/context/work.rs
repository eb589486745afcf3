//! Work beside an agent's turns: jobs, blocking work, timers, results in pieces.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_core::Stream;
use thiserror::Error;
use tokio::sync::oneshot;

use super::Context;
use crate::behaviour::{BehaviourState, start_method};
use crate::caught::{Kept, catch, into_text};
use crate::clock::When;
use crate::life::{JobError, JobPlace, OwnTurn, With, cancel_job, try_run_job};
use crate::node::Shared;
use crate::stream::Results;
use crate::{Agent, AgentRef};

/// Says why blocking work has no result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BlockingError {
    /// The node's time is simulated, which blocking work cannot follow.
    #[error("cannot run blocking work on a node in virtual time: its time would stand still")]
    VirtualTime,
    /// The work panicked.
    #[error("blocking work panicked: {0}")]
    Panicked(String),
    /// The node or its runtime has stopped.
    #[error("cannot run blocking work: the node has stopped")]
    NodeStopped,
}

/// A job that an agent owns; it ends with the agent. Dropping this does not end it.
#[derive(Debug)]
pub struct JobHandle {
    agent: AgentRef,
    place: JobPlace,
}

impl JobHandle {
    /// Cancels the job and waits until it is gone.
    pub async fn cancel(self) {
        cancel_job(&self.agent, self.place).await;
    }
}

/// Holds simulated time still while it exists; see [`Context::busy`].
pub struct Busy(Arc<Shared>);

impl Busy {
    pub(crate) fn hold(node: &Arc<Shared>) -> Self {
        node.held.fetch_add(1, Ordering::AcqRel);
        Self(node.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::AcqRel);
        // Whoever moves time looks again.
        self.0.clock.changed().notify_one();
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}

impl<A: Agent> Context<A> {
    /// Runs work beside the agent's turns, and hands its result to the agent in a turn.
    ///
    /// The job is dropped when the agent ends.
    ///
    /// # Panics
    ///
    /// If the agent has 65,536 jobs; [`try_job`](Self::try_job) returns an error then.
    pub fn job<F, D>(&self, work: F, deliver: D) -> JobHandle
    where
        F: Future<Output: Send> + Send + 'static,
        D: FnOnce(&mut A, F::Output) + Send + 'static,
    {
        self.try_job(work, deliver).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs work as [`job`](Self::job) does, if the agent may have one more.
    ///
    /// # Errors
    ///
    /// Returns [`JobError::TooMany`] if the agent has 65,536 jobs. The work is dropped.
    pub fn try_job<F, D>(&self, work: F, deliver: D) -> Result<JobHandle, JobError>
    where
        F: Future<Output: Send> + Send + 'static,
        D: FnOnce(&mut A, F::Output) + Send + 'static,
    {
        let agent = self.agent();
        let owner = agent.clone();
        let place = try_run_job(&agent, async move {
            let result = work.await;
            let turn = With(move |state: &mut A| deliver(state, result), std::marker::PhantomData);
            // An agent that has ended takes no results.
            let _ = OwnTurn::<A, _>::new(owner, turn).await;
        })?;
        Ok(JobHandle { agent, place })
    }

    /// Hands the agent to `reach` after so long.
    ///
    /// # Panics
    ///
    /// As [`job`](Self::job).
    pub fn call_in<D>(&self, time: Duration, reach: D) -> JobHandle
    where
        D: FnOnce(&mut A) + Send + 'static,
    {
        self.job(self.sleep(time), |agent, ()| reach(agent))
    }

    /// Hands the agent to `reach` at a time or date; what is past is due at once.
    ///
    /// # Panics
    ///
    /// As [`job`](Self::job).
    pub fn call_at<D>(&self, time: impl Into<When>, reach: D) -> JobHandle
    where
        D: FnOnce(&mut A) + Send + 'static,
    {
        self.job(self.sleep_until(time), |agent, ()| reach(agent))
    }

    /// Runs blocking work on a bounded pool of threads.
    ///
    /// # Errors
    ///
    /// Refuses on a node in virtual time; says so if the work panicked.
    ///
    /// # Cancel safety
    ///
    /// Work that has begun runs to its end.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, BlockingError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let node = self.shared();
        if node.clock.kind() == crate::ClockKind::Virtual {
            return Err(BlockingError::VirtualTime);
        }
        let Some(runtime) = node.runtime() else { return Err(BlockingError::VirtualTime) };
        let _busy = self.busy();
        let permit = node.blocking.clone().acquire_owned().await;
        let permit = permit.map_err(|_| BlockingError::NodeStopped)?;
        let (sender, result) = oneshot::channel();
        runtime.spawn_blocking(move || {
            let outcome = catch(work);
            drop(permit);
            // The agent may have given up waiting.
            let _ = sender.send(Kept::new(outcome));
        });
        match result.await.map(Kept::into_inner) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => Err(BlockingError::Panicked(into_text(panic).into())),
            Err(_) => Err(BlockingError::NodeStopped),
        }
    }

    /// Holds simulated time still until the guard is dropped: for waits on something foreign.
    #[must_use = "time goes on when the guard is dropped"]
    pub fn busy(&self) -> Busy {
        Busy::hold(self.shared())
    }

    /// Sends a stream's items as results, at most 64 ahead of the receiver.
    ///
    /// # Panics
    ///
    /// As [`job`](Self::job).
    pub fn stream<S>(&self, stream: S) -> Results<S::Item>
    where
        S: Stream<Item: Send + 'static> + Send + 'static,
    {
        Results::start(&self.agent(), self.action(), stream)
    }
}

/// Starts a behaviour of the agent's block again.
pub(super) fn start_behaviour<A: Agent>(agent: &AgentRef, name: &str) -> bool {
    let entry = A::BLUEPRINT.all_behaviours().find(|entry| entry.name == name);
    entry.is_some_and(|entry| start_method(agent, entry))
}

/// Stops a behaviour, and with `remove` takes it off the list.
pub(super) async fn stop_behaviour(agent: &AgentRef, name: &str, remove: bool) -> bool {
    let job = agent.with_extras(|extras| {
        let job = extras.behaviours.take_job(name);
        if remove {
            extras.behaviours.remove(name);
        } else {
            extras.behaviours.update(name, |info| {
                if matches!(info.state, BehaviourState::Waiting | BehaviourState::Running) {
                    info.state = BehaviourState::Stopped;
                }
            });
        }
        job
    });
    let Some(job) = job else { return false };
    if let Some(place) = job {
        cancel_job(agent, place).await;
    }
    true
}
