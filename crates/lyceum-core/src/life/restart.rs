//! Restarts: a failed agent gets a new state in the same cell, so that its handles stay valid.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::future::{Either, select};
use serde::{Deserialize, Serialize};

use super::stop::{end_now, spread, stop};
use super::{DownReason, Mode, ended, jobs};
use crate::cell::{Asked, Header, Verdict, end_waiting, panic_text};
use crate::clock::{Sleep, Time};
use crate::{AgentRef, BoxError};

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
pub(crate) type Maker = Box<dyn Fn() -> Result<Box<dyn Any + Send>, BoxError> + Send + Sync>;

/// How one agent is restarted.
pub(crate) struct Plan {
    pub(crate) policy: Restart,
    /// Whether the agent restarts by itself, not only with its supervisor.
    pub(crate) alone: bool,
    pub(crate) make: Maker,
    /// How long a start hook may take.
    pub(crate) start_limit: Duration,
    pub(crate) failures: Intensity,
}

/// Counts failures within a period.
#[derive(Default)]
pub(crate) struct Intensity(Mutex<VecDeque<Time>>);

impl Intensity {
    /// Counts a failure; returns how many there were within the period, this one included.
    pub(crate) fn count(&self, now: Time, within: Duration) -> u32 {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while failures.front().is_some_and(|first| now - *first > within) {
            failures.pop_front();
        }
        failures.push_back(now);
        u32::try_from(failures.len()).unwrap_or(u32::MAX)
    }
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

    fn make(&self) -> Result<Box<dyn Any + Send>, String> {
        match catch_unwind(AssertUnwindSafe(|| (self.make)())) {
            Ok(Ok(state)) => Ok(state),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(format!("its constructor panicked: {}", panic_text(&*panic))),
        }
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
    if agent.change_mode(Mode::Active, Mode::Starting) {
        return true;
    }
    let was_inactive = agent.change_mode(Mode::Inactive, Mode::Starting);
    if was_inactive {
        agent.with_extras(|extras| extras.stays_inactive = true);
    }
    was_inactive
}

fn count(agent: &AgentRef, plan: &Plan) -> Option<u32> {
    let nth = plan.failures.count(agent.node.clock.now(), plan.policy.within);
    (nth <= plan.policy.limit).then_some(nth)
}

/// Starts the next generation of an agent that was [closed](close), whose failures were counted.
fn begin_restart(agent: &AgentRef, plan: Arc<Plan>, reason: DownReason, nth: u32) {
    agent.node.note(agent.id, "restart");
    let restarting = agent.clone();
    agent.node.spawn(None, async move { run(restarting, plan, reason, nth).await }).detach();
}

async fn run(agent: AgentRef, plan: Arc<Plan>, reason: DownReason, mut nth: u32) {
    clear(&agent, &plan, reason).await;
    loop {
        let pause = plan.policy.backoff.before(nth);
        if !pause.is_zero() {
            Sleep::until(agent.node.clone(), agent.node.clock.now() + pause).await;
        }
        if agent.mode() != Mode::Starting {
            return;
        }
        agent.next_generation();
        let Err(failure) = revive(&agent, &plan).await else { return };
        match count(&agent, &plan) {
            Some(next) => nth = next,
            None => {
                end_now(&agent, DownReason::StartFailed(failure));
                return;
            }
        }
        drop_state(&agent).await;
    }
}

/// Ends what belongs to the old generation.
pub(super) async fn clear(agent: &AgentRef, plan: &Plan, reason: DownReason) {
    let node = &agent.node;
    jobs::cancel_all(agent).await;
    let (monitors, subscriptions, links, children) = agent.with_extras(|extras| {
        extras.begun = false;
        extras.behaviours.clear();
        extras.flags.clear();
        (
            std::mem::take(&mut extras.monitors),
            std::mem::take(&mut extras.subscriptions),
            std::mem::take(&mut extras.links),
            std::mem::take(&mut extras.children),
        )
    });
    subscriptions.into_iter().for_each(|id| node.topics.remove(id));
    for child in children.into_iter().filter_map(|id| node.registry.by_id(id)) {
        stop(&child, DownReason::ParentEnded);
    }
    drop_state(agent).await;
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
}

/// Lets the holder drop the state, and waits for it.
pub(super) async fn drop_state(agent: &AgentRef) {
    let mut asked = false;
    std::future::poll_fn(|cx| {
        if agent.mode() == Mode::Ended || (asked && !agent.has_state()) {
            return Poll::Ready(());
        }
        agent.with_extras(|extras| extras.dropped_wakers.push(cx.waker().clone()));
        if !std::mem::replace(&mut asked, true) {
            agent.ask(Asked::DROP_STATE);
        }
        Poll::Pending
    })
    .await;
}

/// Tells those who wait that the state is gone. Called by the holder.
pub(crate) fn state_dropped(header: &Header) {
    let wakers = header.with_extras(|extras| std::mem::take(&mut extras.dropped_wakers));
    wakers.into_iter().for_each(Waker::wake);
}

/// Gives the agent a new state and starts it.
pub(super) async fn revive(agent: &AgentRef, plan: &Plan) -> Result<(), String> {
    let state = plan.make()?;
    agent.with_extras(|extras| extras.new_state = Some(state));
    agent.ask(Asked::PUT_STATE);
    if agent.vtable().life.on_start {
        let hook = (agent.vtable().start)(agent.clone());
        let limit = agent.node.clock.now() + plan.start_limit;
        match select(hook, Sleep::until(agent.node.clone(), limit)).await {
            Either::Left((result, _)) => result.map_err(|error| error.to_string())?,
            Either::Right(_) => {
                return Err(format!("its start took longer than {:?}", plan.start_limit));
            }
        }
    }
    if agent.with_extras(|extras| std::mem::take(&mut extras.stays_inactive)) {
        agent.change_mode(Mode::Starting, Mode::Inactive);
    } else {
        super::launch::open(agent);
    }
    Ok(())
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("policy", &self.policy).finish_non_exhaustive()
    }
}
