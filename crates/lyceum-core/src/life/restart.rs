//! Restarts: a failed agent gets a new state in the same cell, so that its handles stay valid.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::construction::{Construction, Unmade};
use super::intensity::Intensity;
use super::starting::Unstarted;
use super::stop::{end_children, end_now, spread, stop_children};
use super::{DownReason, Mode, ended, jobs, starting};
use crate::caught::{Kept, into_full_text};
use crate::cell::{Asked, Header, Standing, Verdict, end_waiting};
use crate::clock::Sleep;
use crate::node::Shared;
use crate::{AgentRef, BoxError, CallError};

/// How an agent is restarted: at most `limit` times within a period, with growing pauses.
///
/// ```
/// use std::time::Duration;
/// use lyceum::{Backoff, Restart};
///
/// let policy = Restart::default()
///     .limit(5, Duration::from_secs(60))
///     .backoff(Backoff { first: Duration::from_millis(100), most: Duration::from_secs(5) });
/// assert_eq!(policy.limit, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// How many restarts the agent gets within the period; one more failure ends it.
    pub limit: u32,
    /// The period.
    pub within: Duration,
    /// How long to wait before a restart.
    pub backoff: Backoff,
    /// What happens to messages that wait during the restart.
    pub leftovers: Leftovers,
}

/// How long to wait before a restart: doubled with each further one within the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// Before the first.
    pub first: Duration,
    /// At most.
    pub most: Duration,
}

/// What happens to messages that wait while an agent restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftovers {
    /// The next generation handles them.
    #[default]
    Keep,
    /// Their callers get them back.
    Return,
}

impl Default for Restart {
    /// Three restarts within five seconds, at once, keeping messages.
    fn default() -> Self {
        Self {
            limit: 3,
            within: Duration::from_secs(5),
            backoff: Backoff::default(),
            leftovers: Leftovers::Keep,
        }
    }
}

impl Restart {
    /// Sets how many restarts within which period.
    pub fn limit(mut self, limit: u32, within: Duration) -> Self {
        self.limit = limit;
        self.within = within;
        self
    }

    /// Sets how long to wait before a restart.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets what happens to messages that wait.
    pub fn leftovers(mut self, leftovers: Leftovers) -> Self {
        self.leftovers = leftovers;
        self
    }
}

/// Makes a state, whatever its type.
pub(crate) type Maker = Kept<Box<dyn Fn() -> Result<NewState, BoxError> + Send + Sync>>;

/// A state, whatever its type.
pub(crate) type NewState = Box<dyn Any + Send>;

/// How one agent is restarted.
pub(crate) struct Plan {
    pub(crate) policy: Restart,
    /// Whether the agent restarts by itself, not only with its supervisor.
    pub(crate) alone: bool,
    pub(crate) make: Maker,
    /// How long the constructor may take, and then the start hook.
    pub(crate) start_limit: Duration,
    pub(crate) failures: Intensity,
    /// A constructor that takes longer than it may, and is waited for the next time.
    pub(super) late: Mutex<Option<Construction<NewState>>>,
}

impl Backoff {
    /// Returns the pause before the `nth` restart within the period, counted from one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (first, most) = (Duration::from_millis(100), Duration::from_millis(300));
    /// let backoff = lyceum::Backoff { first, most };
    /// assert_eq!([1, 2, 3, 4].map(|nth| backoff.before(nth).as_millis()), [100, 200, 300, 300]);
    /// ```
    pub fn before(self, nth: u32) -> Duration {
        let factor = 1u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.most.max(self.first))
    }
}

impl Plan {
    /// Returns whether a failure restarts the agent by itself.
    pub(crate) fn takes_part(&self, agent: &AgentRef) -> bool {
        self.alone && agent.mode() != Mode::Ended
    }

    /// Makes a state, or waits on for one whose constructor took too long the time before.
    async fn construct(self: &Arc<Self>, node: &Arc<Shared>) -> Result<Kept<NewState>, String> {
        let late = self.late().take();
        let mut construction = match late {
            Some(late) => late,
            None => {
                let plan = self.clone();
                Construction::begin(node, move || (plan.make)()).await
            }
        };
        construction.finish(node, self.start_limit).await.map_err(|unmade| match unmade {
            Unmade::Failed(error) => into_full_text(error),
            Unmade::Panicked(text) => format!("its constructor panicked: {text}"),
            Unmade::NodeStopped => "its node has stopped".into(),
            Unmade::Late => {
                *self.late() = Some(construction);
                format!("its constructor took longer than {:?}", self.start_limit)
            }
        })
    }

    fn late(&self) -> MutexGuard<'_, Option<Construction<NewState>>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Restarts an agent after a failure, or ends it if it failed too often.
pub(super) fn restart(agent: &AgentRef, plan: Arc<Plan>, reason: DownReason) {
    if !close(agent) {
        // It restarts already, or ends: this failure is the same one or comes too late.
        return;
    }
    match count(agent, &plan) {
        Some(nth) => begin_restart(agent, plan, reason, nth),
        None => end_now(agent, DownReason::RestartLimit(reason.to_string())),
    }
}

/// Lets no more turns start, for a restart; false if the agent restarts already, or ends.
pub(super) fn close(agent: &AgentRef) -> bool {
    agent.change(Standing::close)
}

fn count(agent: &AgentRef, plan: &Plan) -> Option<u32> {
    plan.failures.count(agent.node.clock.now(), plan.policy)
}

/// Starts the next generation of an agent that was [closed](close), whose failures were counted.
fn begin_restart(agent: &AgentRef, plan: Arc<Plan>, reason: DownReason, nth: u32) {
    agent.node.note(agent.id, "restart");
    let restarting = agent.clone();
    agent.node.spawn(None, async move { run(restarting, plan, reason, nth).await }).detach();
}

async fn run(agent: AgentRef, plan: Arc<Plan>, mut reason: DownReason, mut nth: u32) {
    loop {
        clear(&agent, &plan, reason).await;
        let pause = plan.policy.backoff.before(nth);
        if !pause.is_zero() {
            Sleep::until(agent.node.clone(), agent.node.clock.now() + pause).await;
        }
        if agent.mode() != Mode::Starting {
            return;
        }
        agent.next_generation();
        agent.with_extras(starting::begin);
        let Err(failure) = revive(&agent, &plan).await else { return };
        if agent.mode() != Mode::Starting {
            // A stop or the end cut the start off.
            return;
        }
        reason = failure;
        match count(&agent, &plan) {
            Some(next) => nth = next,
            None => {
                end_now(&agent, reason);
                return;
            }
        }
    }
}

/// Ends what belongs to the old generation, and waits until it is gone: names that its children
/// have are free for those of the next one.
pub(super) async fn clear(agent: &AgentRef, plan: &Plan, reason: DownReason) {
    let node = &agent.node;
    let subscriptions = agent.with_extras(|extras| {
        extras.start = None;
        extras.begun = false;
        std::mem::take(&mut extras.subscriptions)
    });
    subscriptions.into_iter().for_each(|id| node.topics.remove(id));
    jobs::cancel_all(agent).await;
    // They are waited for at last: whoever else is concerned hears of the failure before.
    drop(stop_children(agent));
    drop_state(agent).await;
    // Turns that went on until now may have begun more.
    jobs::cancel_all(agent).await;
    let (monitors, links) = agent.with_extras(|extras| {
        extras.behaviours.clear();
        extras.flags.clear();
        (std::mem::take(&mut extras.monitors), std::mem::take(&mut extras.links))
    });
    if plan.policy.leftovers == Leftovers::Return {
        end_waiting(agent, agent.mailbox.clear(), Verdict::Down);
    }
    let news = ended::down(agent, reason.clone(), true);
    for monitor in monitors {
        // Nobody may be left to hear it.
        let _ = monitor.send(news.clone());
    }
    node.note_outside();
    spread(node, agent, links, &reason);
    end_children(agent).await;
}

/// Lets the holder drop the state, and waits for it.
pub(super) async fn drop_state(agent: &AgentRef) {
    // One that is not even in the cell yet is not to get there later.
    let _never_put = agent.with_extras(|extras| extras.new_state.take());
    agent.ask(Asked::DROP_STATE);
    state_gone(agent).await;
}

/// Waits until there is no state, or the agent has ended.
pub(super) async fn state_gone(agent: &AgentRef) {
    std::future::poll_fn(|cx| {
        agent.with_extras(|extras| {
            if agent.mode() == Mode::Ended || !agent.has_state() {
                return Poll::Ready(());
            }
            let wakers = &mut extras.dropped_wakers;
            if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
            Poll::Pending
        })
    })
    .await;
}

/// Tells those who wait that the state is gone. Called by the holder.
pub(crate) fn state_dropped(header: &Header) {
    let wakers = header.with_extras(|extras| std::mem::take(&mut extras.dropped_wakers));
    wakers.into_iter().for_each(Waker::wake);
}

/// Gives the agent a new state and starts it.
///
/// Its start has begun. The reason why it failed is `SiblingFailed` if it was interrupted.
pub(super) async fn revive(agent: &AgentRef, plan: &Arc<Plan>) -> Result<(), DownReason> {
    let state = plan.construct(&agent.node).await.map_err(DownReason::StartFailed)?;
    // What somebody outside began of the agent meanwhile belongs to no generation.
    jobs::cancel_all(agent).await;
    agent.with_extras(|extras| extras.behaviours.clear());
    put(agent, state)?;
    started(agent, plan.start_limit).await
}

/// Lets the holder put a state into a cell that has none.
pub(super) fn put(agent: &AgentRef, state: Kept<NewState>) -> Result<(), DownReason> {
    // Bound to a variable: it is dropped after the lock.
    let unwanted = agent.with_extras(|extras| {
        if agent.mode() != Mode::Starting {
            // Nobody would take it out again where the agent was buried before.
            return Some(state);
        }
        debug_assert!(extras.new_state.is_none(), "who gives a state up takes it out");
        extras.new_state = Some(state);
        None
    });
    if unwanted.is_some() {
        return Err(DownReason::Gone);
    }
    agent.ask(Asked::PUT_STATE);
    Ok(())
}

/// Runs the start hook of a state that was put in, and ends the start.
pub(super) async fn started(agent: &AgentRef, limit: Duration) -> Result<(), DownReason> {
    starting::run(agent, limit).await.map_err(|unstarted| {
        DownReason::StartFailed(match unstarted {
            Unstarted::Failed(DownReason::SiblingFailed) => return DownReason::SiblingFailed,
            Unstarted::Failed(reason) => reason.to_string(),
            Unstarted::Hook(error) => into_full_text(own_error(error)),
            Unstarted::Late => format!("its start took longer than {limit:?}"),
        })
    })
}

/// Returns what a hook returned, or why it did not run to its end.
pub(super) fn own_error(error: CallError<BoxError>) -> BoxError {
    match error {
        CallError::Action(error) => error,
        other => other.into_box(),
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("policy", &self.policy).finish_non_exhaustive()
    }
}
