//! When the behaviours of an agent run.

use std::future::Future;
use std::time::Duration;

use futures_util::future::select;

use super::{BehaviourEntry, BehaviourState, First, Kind};
use crate::clock::{Sleep, Time};
use crate::life::{DownReason, Extras, OnFailure, end_now, fail, run_job_if};
use crate::{Agent, AgentRef, BoxError, Context, full_text};

/// Adds a behaviour that is a method, and starts it unless it waits to be called.
///
/// Not in another generation of the agent: one that was added before may have failed meanwhile.
pub(crate) fn add_method<A: Agent>(
    agent: &AgentRef,
    entry: &'static BehaviourEntry<A>,
    generation: u32,
) {
    run_if(agent, entry, |extras| {
        agent.has_begun(extras, generation)
            && extras.behaviours.add(entry.name, entry.kind.to_string())
    });
}

/// Starts a behaviour that is a method again; false if it runs, or the agent has not begun to.
pub(crate) fn start_method<A: Agent>(agent: &AgentRef, entry: &'static BehaviourEntry<A>) -> bool {
    let mut starts = false;
    run_if(agent, entry, |extras| {
        let begun = extras.begun && !agent.is_stopping();
        let name = entry.name;
        starts = begun
            && (extras.behaviours.add(name, entry.kind.to_string())
                || extras.behaviours.rests(name));
        starts
    });
    starts
}

/// Runs a behaviour that is not one to be called, if it `may` now.
fn run_if<A: Agent>(
    agent: &AgentRef,
    entry: &'static BehaviourEntry<A>,
    may: impl FnOnce(&mut Extras) -> bool,
) {
    let runner = Runner { agent: agent.clone(), entry };
    let reserve = |extras: &mut Extras| {
        if !may(extras) {
            return None;
        }
        extras.behaviours.update(entry.name, |info| info.state = BehaviourState::Waiting);
        if entry.kind == Kind::Manual {
            return None;
        }
        let place = extras.jobs.reserve();
        extras.behaviours.set_job(entry.name, place);
        Some(place)
    };
    run_job_if(agent, reserve, async move { runner.run().await });
}

/// Runs one behaviour as often as its kind says.
struct Runner<A: Agent> {
    agent: AgentRef,
    entry: &'static BehaviourEntry<A>,
}

impl<A: Agent> Runner<A> {
    async fn run(self) {
        let result = self.repeat().await;
        let state = if result.is_ok() { BehaviourState::Done } else { BehaviourState::Failed };
        note(&self.agent, self.entry.name, state);
        if let Err(error) = result {
            failed(&self.agent, self.entry.name, &error);
        }
    }

    async fn repeat(&self) -> Result<(), BoxError> {
        match self.entry.kind {
            Kind::Once | Kind::Run | Kind::Fsm { .. } | Kind::Manual => self.once().await,
            Kind::Every { period, first } => self.every(period, first).await,
            Kind::Cyclic => loop {
                self.once().await?;
                if self.agent.is_stopping() {
                    return Ok(());
                }
                // A body that is always ready must not keep the others from running.
                yield_once().await;
            },
            Kind::On { flag } => loop {
                if self.stops_before(self.agent.wait_flag(flag)).await {
                    return Ok(());
                }
                self.once().await?;
            },
        }
    }

    async fn once(&self) -> Result<(), BoxError> {
        note(&self.agent, self.entry.name, BehaviourState::Running);
        (self.entry.body)(Context::of_agent(&self.agent)).await?;
        self.agent.with_extras(|extras| {
            extras.behaviours.update(self.entry.name, |info| {
                info.state = BehaviourState::Waiting;
                info.runs += 1;
            });
        });
        Ok(())
    }

    /// Waits for what starts the next run; true if the agent begins to stop before that.
    async fn stops_before(&self, start: impl Future<Output = ()> + Unpin) -> bool {
        select(start, self.agent.wait_stopping()).await;
        self.agent.is_stopping()
    }

    async fn every(&self, period: Duration, first: First) -> Result<(), BoxError> {
        let node = &self.agent.node;
        let start = node.clock.now();
        let mut due = if first == First::Interval { start + period } else { start };
        loop {
            let sleep = Sleep::until(node.clone(), due);
            if self.stops_before(sleep).await {
                return Ok(());
            }
            self.once().await?;
            due = self.next_due(due, period);
        }
    }

    /// Returns the next regular time that is not past, counting those that are.
    fn next_due(&self, last: Time, period: Duration) -> Time {
        let now = self.agent.node.clock.now();
        // A time that is just now is not missed.
        let past = (now - last).as_nanos().saturating_sub(1);
        let periods = past / period.as_nanos().max(1);
        let missed = u32::try_from(periods).unwrap_or(u32::MAX);
        if missed > 0 {
            self.agent.with_extras(|extras| {
                let count = |info: &mut super::BehaviourInfo| info.missed += u64::from(missed);
                extras.behaviours.update(self.entry.name, count);
            });
        }
        last + period.saturating_mul(missed) + period
    }
}

pub(super) fn note(agent: &AgentRef, name: &str, state: BehaviourState) {
    agent.with_extras(|extras| extras.behaviours.update(name, |info| info.state = state));
}

/// Follows the agent's policy after a behaviour failed.
pub(super) fn failed(agent: &AgentRef, name: &str, error: &BoxError) {
    if agent.is_stopping() {
        return;
    }
    let error = full_text(&**error);
    tracing::warn!(agent = ?agent, behaviour = name, error, "a behaviour failed");
    let reason = DownReason::Failed(format!("behaviour `{name}`: {error}"));
    match agent.with_extras(|extras| extras.on_error) {
        OnFailure::GoOn => {}
        OnFailure::Usual | OnFailure::Restart => fail(agent, reason),
        OnFailure::Stop => end_now(agent, reason),
    }
}

/// Lets others run first.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
