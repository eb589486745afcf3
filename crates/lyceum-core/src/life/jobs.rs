//! Jobs: work that an agent owns and that runs beside its turns.

use std::future::Future;

use lyceum_wire::Address;
use thiserror::Error;

use super::extras::{Extras, JOB_LIMIT, Jobs};
use super::{JobPlace, Mode};
use crate::AgentRef;
use crate::caught::{Panic, caught, into_text};
use crate::cell::DetachedTurn;
use crate::node::Job;

/// Says why a job does not run.
///
/// ```
/// # use lyceum::prelude::*;
/// use lyceum::JobError;
///
/// #[derive(Default)]
/// struct Cook { ready: u32 }
///
/// #[agent]
/// impl Cook {
///     #[action(local)]
///     fn order(&mut self, cx: &Context<Self>) -> Result<(), JobError> {
///         let cooking = cx.sleep(Duration::from_secs(600));
///         cx.try_job(cooking, |cook, ()| cook.ready += 1)?;
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobError {
    /// The agent has as many jobs as one may have.
    #[error("cannot run one more job of {agent}('{address}'): {limit} are under way")]
    TooMany {
        /// The agent's type.
        agent: &'static str,
        /// The agent's address.
        address: Address,
        /// How many jobs one agent may have.
        limit: usize,
    },
}

/// Runs a detached turn as a job of its agent. Whoever starts it looked for room.
pub(crate) fn spawn_detached(agent: &AgentRef, turn: DetachedTurn) {
    let key = turn.key();
    let place = change(agent, |jobs| jobs.reserve_turn(key));
    run_at(agent, place, turn);
}

/// Drops a detached turn whose caller gave up, if it is a job already.
pub(crate) fn drop_detached(agent: &AgentRef, key: usize) {
    if let Some(place) = agent.with_extras(|extras| extras.jobs.forget_turn(key)) {
        drop(take(agent, place));
    }
}

/// Runs a future as a job of its agent, beyond the limit, too, in the place that `reserve` reserves
/// for it; false if it reserves none.
pub(crate) fn run_job_if<F>(
    agent: &AgentRef,
    reserve: impl FnOnce(&mut Extras) -> Option<JobPlace>,
    future: F,
) -> bool
where
    F: Future<Output = ()> + Send + 'static,
{
    let place = change_with(agent, reserve);
    if let Some(place) = place {
        run_at(agent, place, future);
    }
    place.is_some()
}

/// Runs a future as a job of its agent, unless it has as many as one may have.
pub(crate) fn try_run_job<F>(agent: &AgentRef, future: F) -> Result<JobPlace, JobError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let place = change(agent, |jobs| (!jobs.is_full()).then(|| jobs.reserve()));
    let place = place.ok_or_else(|| JobError::TooMany {
        agent: agent.vtable().name,
        address: agent.address(),
        limit: JOB_LIMIT,
    })?;
    run_at(agent, place, future);
    Ok(place)
}

fn run_at<F>(agent: &AgentRef, place: JobPlace, future: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if agent.mode() == Mode::Ended {
        // Nobody would end it any more.
        drop(take(agent, place));
        return;
    }
    let owner = agent.clone();
    let job = agent.node.spawn(Some(agent), async move {
        let caught = caught(future).await;
        if let Some(handle) = take(&owner, place) {
            // The job is ending here: there is nothing left to cancel.
            handle.detach();
        }
        if let Err(panic) = caught {
            report(&owner, panic);
        }
    });
    // A job whose place is gone is over, or its agent ended meanwhile.
    let (over, wakers) = change(agent, |jobs| jobs.fill(place, job));
    drop(over);
    wakers.into_iter().for_each(std::task::Waker::wake);
}

/// Takes a job out, which is over or to be cancelled.
fn take(agent: &AgentRef, place: JobPlace) -> Option<Job<()>> {
    let (job, wakers) = change(agent, |jobs| jobs.remove(place));
    wakers.into_iter().for_each(std::task::Waker::wake);
    job
}

/// Changes an agent's jobs, and lets a holder look where detached turns may start again.
fn change<T>(agent: &AgentRef, change: impl FnOnce(&mut Jobs) -> T) -> T {
    change_with(agent, |extras| change(&mut extras.jobs))
}

/// Changes an agent's jobs, and what belongs to them.
fn change_with<T>(agent: &AgentRef, change: impl FnOnce(&mut Extras) -> T) -> T {
    let (changed, has_room) = agent.with_extras(|extras| {
        let was_full = extras.jobs.is_full();
        let changed = change(extras);
        let is_full = extras.jobs.is_full();
        if was_full != is_full {
            agent.set_jobs_full(is_full);
        }
        (changed, was_full && !is_full)
    });
    if has_room {
        agent.notify();
    }
    changed
}

/// Treats a panic in a job as one in a turn.
fn report(agent: &AgentRef, panic: Panic) {
    super::failure::panicked(agent, "job", &into_text(panic));
}

/// Cancels a job and waits until it is gone.
pub(crate) async fn cancel(agent: &AgentRef, place: JobPlace) {
    if let Some(job) = take(agent, place) {
        agent.node.driven(job.cancel()).await;
    }
}

/// Waits until an agent has no jobs.
pub(super) async fn all_over(agent: &AgentRef) {
    std::future::poll_fn(|cx| {
        agent.with_extras(|extras| {
            if extras.jobs.is_empty() {
                return std::task::Poll::Ready(());
            }
            extras.jobs.wakers.push(cx.waker().clone());
            std::task::Poll::Pending
        })
    })
    .await;
}

/// Cancels all jobs that an agent has now and waits until they are gone.
pub(super) async fn cancel_all(agent: &AgentRef) {
    let last = agent.with_extras(|extras| extras.jobs.last_place());
    loop {
        for job in change(agent, |jobs| jobs.take_until(last)) {
            job.cancel().await;
        }
        // Whoever has a place only is about to fill it, on another thread.
        let filled = std::future::poll_fn(|cx| {
            agent.with_extras(|extras| extras.jobs.poll_filled(last, cx.waker()))
        });
        if !filled.await {
            return;
        }
    }
}
