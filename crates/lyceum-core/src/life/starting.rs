//! Starts, of launches and of restarts: from a state in the cell to an agent that handles messages.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{DownReason, Extras};
use crate::clock::Sleep;
use crate::{AgentRef, BoxError, CallError};

/// A start under way. The agent may fail meanwhile, as any that lives: a link fires, or a job that
/// the hook began panics. Then the start fails.
#[derive(Default)]
pub(crate) struct Start {
    failure: Option<DownReason>,
    /// Whether siblings restart, too, so that one of them that fails interrupts it.
    is_renewal: bool,
    /// The one who waits for that.
    waker: Option<Waker>,
}

/// Why an agent did not start.
pub(super) enum Unstarted {
    /// The hook did not run to its end, or returned an error.
    Hook(CallError<BoxError>),
    /// The hook took too long.
    Late,
    /// The agent failed meanwhile.
    Failed(DownReason),
}

/// Begins a start: what fails from now on belongs to it.
pub(super) fn begin(extras: &mut Extras) {
    extras.start = Some(Start::default());
}

/// Begins the start of a member that is renewed with its siblings.
pub(super) fn begin_renewal(extras: &mut Extras) {
    extras.start = Some(Start { is_renewal: true, ..Start::default() });
}

/// Lets the start of an agent fail; false if it does not start.
pub(super) fn fail(agent: &AgentRef, reason: &DownReason) -> bool {
    end_early(agent, reason, |_| true)
}

/// Lets the start of a member fail that is renewed with its siblings, one of which failed; false
/// if it does not start in that way.
pub(super) fn interrupt(member: &AgentRef) -> bool {
    end_early(member, &DownReason::SiblingFailed, |start| start.is_renewal)
}

fn end_early(agent: &AgentRef, reason: &DownReason, concerned: impl Fn(&Start) -> bool) -> bool {
    let starter = agent.with_extras(|extras| {
        let start = extras.start.as_mut().filter(|start| concerned(start))?;
        start.failure.get_or_insert_with(|| reason.clone());
        Some(start.waker.take())
    });
    let is_starting = starter.is_some();
    if let Some(waker) = starter.flatten() {
        waker.wake();
    }
    is_starting
}

/// Runs the start hook, and ends the start.
pub(super) async fn run(agent: &AgentRef, limit: Duration) -> Result<(), Unstarted> {
    let has_failed = agent.with_extras(|extras| failure(extras).is_some());
    if agent.vtable().life.on_start && !has_failed {
        let node = &agent.node;
        let hook = (agent.vtable().start)(agent.clone());
        let late = Sleep::until(node.clone(), node.clock.now() + limit);
        match select(select(hook, late), pin!(failed(agent))).await {
            Either::Left((Either::Left((Ok(()), _)), _)) | Either::Right(_) => {}
            Either::Left((Either::Left((Err(error), _)), _)) => return Err(Unstarted::Hook(error)),
            Either::Left((Either::Right(_), _)) => return Err(Unstarted::Late),
        }
    }
    end(agent).map_err(Unstarted::Failed)
}

/// Lets messages in, and starts behaviours and subscriptions, unless the agent failed meanwhile.
///
/// Nothing of that where it is to stop, or is switched off.
pub(super) fn end(agent: &AgentRef) -> Result<(), DownReason> {
    // Under the lock: what fails before this fails the start, and what fails later an agent that
    // runs.
    let opened = agent.with_extras(|extras| {
        if let Some(failure) = failure(extras) {
            return Err(failure.clone());
        }
        extras.start = None;
        Ok(agent.standing.open())
    })?;
    if opened {
        agent.notify();
        (agent.vtable().begin)(agent);
    }
    Ok(())
}

/// Waits until the agent fails before its start ends.
async fn failed(agent: &AgentRef) {
    poll_fn(|cx| {
        agent.with_extras(|extras| {
            if failure(extras).is_some() {
                return Poll::Ready(());
            }
            if let Some(start) = &mut extras.start {
                start.waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
    })
    .await;
}

fn failure(extras: &Extras) -> Option<&DownReason> {
    extras.start.as_ref()?.failure.as_ref()
}
