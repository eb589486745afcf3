//! Jobs: work that an agent owns and that runs beside its turns.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{JobPlace, Mode};
use crate::AgentRef;
use crate::cell::DetachedTurn;
use crate::node::Job;

/// Runs a detached turn as a job of its agent.
pub(crate) fn spawn_detached(agent: &AgentRef, turn: DetachedTurn) {
    run_job(agent, turn);
}

/// Runs a future as a job of its agent, until it is over or the agent ends.
///
/// Panics are the future's own business: whoever calls this wraps it so that none gets out.
pub(crate) fn run_job<F>(agent: &AgentRef, future: F) -> JobPlace
where
    F: Future<Output = ()> + Send + 'static,
{
    let place = agent.with_extras(|extras| extras.jobs.reserve());
    if agent.mode() == Mode::Ended {
        // Nobody would end it any more.
        agent.with_extras(|extras| extras.jobs.remove(place));
        return place;
    }
    let owner = agent.clone();
    let job = agent.node.spawn(Some(agent), async move {
        let caught = AssertUnwindSafe(future).catch_unwind().await;
        let (own_handle, wakers) = owner.with_extras(|extras| extras.jobs.remove(place));
        wakers.into_iter().for_each(std::task::Waker::wake);
        if let Some(handle) = own_handle {
            // The job is ending here: there is nothing left to cancel.
            handle.detach();
        }
        if let Err(panic) = caught {
            report(&owner, &*panic);
        }
    });
    keep(agent, place, job);
    place
}

fn keep(agent: &AgentRef, place: JobPlace, job: Job<()>) {
    // A job whose place is gone is over, or its agent was rid of all jobs meanwhile.
    drop(agent.with_extras(|extras| extras.jobs.fill(place, job)));
}

/// Treats a panic in a job as one in a turn.
fn report(agent: &AgentRef, panic: &(dyn Any + Send)) {
    super::failure::panicked(agent, "job", &crate::cell::panic_text(panic));
}

/// Cancels a job and waits until it is gone.
pub(crate) async fn cancel(agent: &AgentRef, place: JobPlace) {
    let (job, wakers) = agent.with_extras(|extras| extras.jobs.remove(place));
    wakers.into_iter().for_each(std::task::Waker::wake);
    if let Some(job) = job {
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

/// Cancels all jobs of an agent and waits until they are gone.
pub(super) async fn cancel_all(agent: &AgentRef) {
    let jobs = agent.with_extras(|extras| extras.jobs.take_all());
    for job in jobs {
        job.cancel().await;
    }
}
