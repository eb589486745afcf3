//! Supervisors: agents that are restarted together.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lyceum_wire::AgentId;

use super::intensity::Intensity;
use super::renewal::{Renewal, Renewed};
use super::restart;
use super::{DownReason, FromConstructor, FromValue, Launch, Restart, Restartable, stop};
use crate::clock::Sleep;
use crate::node::Shared;
use crate::{Agent, AgentRef, BoxError};

/// Which agents of a supervisor restart when one of them fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The one that failed.
    #[default]
    OneForOne,
    /// All of them.
    OneForAll,
    /// The one that failed and those launched after it.
    RestForOne,
}

/// Settings of a supervisor; made by [`Node::supervisor`](crate::Node::supervisor).
#[derive(Debug)]
pub struct SupervisorBuilder {
    node: Arc<Shared>,
    strategy: Strategy,
    restart: Restart,
}

/// Restarts the agents that it launched, together as its strategy says.
///
/// It counts their failures as one; beyond the limit it ends them all. It lives on with its
/// agents when dropped.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Clone, Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// #     #[action] fn fail(&mut self) { panic!("as asked") }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::simulated(1);
/// let pair = node.supervisor(Strategy::OneForAll).start();
/// let left = pair.launch(Counter::default()).await?;
/// let right = pair.launch(Counter::default()).await?;
/// right.add(5).await?;
/// left.fail().await.unwrap_err();
/// assert_eq!(right.add(1).await?, 1, "it was restarted with its sibling");
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Supervisor {
    group: Arc<Group>,
}

struct Group {
    node: Arc<Shared>,
    strategy: Strategy,
    restart: Restart,
    intensity: Intensity,
    members: Mutex<Vec<AgentId>>,
    /// Of strategies that restart several.
    renewal: Arc<Renewal>,
}

/// An agent's membership.
#[derive(Clone)]
pub(crate) struct Member(Arc<Group>);

impl SupervisorBuilder {
    pub(crate) fn new(node: Arc<Shared>, strategy: Strategy) -> Self {
        Self { node, strategy, restart: Restart::default() }
    }

    /// Sets how many failures of all agents together, within which period.
    pub fn limit(mut self, limit: u32, within: Duration) -> Self {
        self.restart = self.restart.limit(limit, within);
        self
    }

    /// Sets how agents are restarted.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Makes the supervisor.
    pub fn start(self) -> Supervisor {
        Supervisor {
            group: Arc::new(Group {
                node: self.node,
                strategy: self.strategy,
                restart: self.restart,
                intensity: Intensity::default(),
                members: Mutex::default(),
                renewal: Arc::default(),
            }),
        }
    }
}

impl Supervisor {
    /// Launches an agent from a value that can be cloned for restarts.
    pub fn launch<A: Agent + Clone + Sync>(&self, agent: A) -> Launch<A, FromValue<A>> {
        self.adopt(Launch::new(self.group.node.clone(), FromValue::new(agent)))
    }

    /// Launches an agent from a constructor.
    pub fn launch_with<A, F, E>(&self, constructor: F) -> Launch<A, FromConstructor<A>>
    where
        A: Agent,
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        self.adopt(Launch::new(self.group.node.clone(), FromConstructor::new(constructor)))
    }

    fn adopt<A: Agent, S: Restartable<A>>(&self, launch: Launch<A, S>) -> Launch<A, S> {
        launch.member(Member(self.group.clone()), self.group.restart)
    }
}

impl Group {
    fn members(&self) -> MutexGuard<'_, Vec<AgentId>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the members that restart when `failed` does, in the order of their launch.
    fn concerned(&self, failed: AgentId) -> Vec<AgentId> {
        let members = self.members();
        match self.strategy {
            Strategy::OneForOne => vec![failed],
            Strategy::OneForAll => members.clone(),
            Strategy::RestForOne => {
                members.iter().copied().skip_while(|member| *member != failed).collect()
            }
        }
    }
}

impl Member {
    /// Counts an agent in.
    pub(crate) fn join(&self, agent: &AgentRef) {
        self.0.members().push(agent.id);
    }

    /// Counts an agent out.
    pub(crate) fn gone(&self, agent: &AgentRef) {
        self.0.members().retain(|member| *member != agent.id);
    }

    /// Restarts whom the strategy says, or ends all if they failed too often.
    pub(crate) fn failed(&self, agent: &AgentRef, reason: &DownReason) {
        let group = &self.0;
        let renewal = group.renewal();
        let mut pending = renewal.lock();
        if !restart::close(agent) {
            // It restarts already, or ends: this failure is the same one or comes too late.
            return;
        }
        let Some(nth) = group.count() else {
            drop(pending);
            group.give_up(reason);
            return;
        };
        for member in group.concerned(agent.id) {
            let Some(member) = group.node.registry.by_id(member) else { continue };
            let plan = member.extras().as_ref().and_then(|extras| extras.plan.clone());
            let Some(plan) = plan else { continue };
            if member == *agent {
                pending.add_failed(Renewed { member, plan, reason: reason.clone() }, nth);
            } else {
                pending.add_sibling(member, plan);
            }
        }
        let needs_task = pending.needs_task();
        drop(pending);
        if needs_task {
            let group = group.clone();
            let node = group.node.clone();
            node.spawn(None, async move { group.renew(&renewal).await }).detach();
        }
    }
}

impl Group {
    /// Returns what a failure is to be added to. Where each member restarts alone, each renewal
    /// has its own task.
    fn renewal(&self) -> Arc<Renewal> {
        match self.strategy {
            Strategy::OneForOne => Arc::default(),
            Strategy::OneForAll | Strategy::RestForOne => self.renewal.clone(),
        }
    }

    /// Counts a failure; `None` if that is one too many.
    fn count(&self) -> Option<u32> {
        self.intensity.count(self.node.clock.now(), self.restart)
    }

    /// Ends all members, the youngest first.
    fn give_up(&self, reason: &DownReason) {
        let members = self.members().clone();
        for member in members.into_iter().rev() {
            if let Some(member) = self.node.registry.by_id(member) {
                stop::end_now(&member, DownReason::RestartLimit(reason.to_string()));
            }
        }
    }

    /// Ends old generations and starts new ones, until nobody waits for that any more.
    async fn renew(&self, renewal: &Renewal) {
        // The youngest first: the last one is the next to start.
        let mut waiting: Vec<Renewed> = Vec::new();
        let mut nth = 0;
        loop {
            let (mut closed, last) = renewal.take();
            if !closed.is_empty() {
                nth = last;
                self.sort_youngest_first(&mut closed);
                for renewed in &closed {
                    renewed.clear().await;
                }
                waiting.append(&mut closed);
                self.sort_youngest_first(&mut waiting);
            }
            let Some(next) = waiting.last() else {
                if renewal.end() {
                    return;
                }
                continue;
            };
            let pause = self.restart.backoff.before(nth);
            if !pause.is_zero() {
                Sleep::until(self.node.clone(), self.node.clock.now() + pause).await;
            }
            if next.waits() && !renewal.begin(&next.member) {
                // Others failed meanwhile, perhaps older ones.
                continue;
            }
            if next.waits()
                && let Err(reason) = next.start().await
                && next.waits()
            {
                if reason != DownReason::SiblingFailed {
                    let Some(more) = self.count() else {
                        self.give_up(&reason);
                        waiting.clear();
                        continue;
                    };
                    nth = more;
                }
                restart::clear(&next.member, &next.plan, reason).await;
                continue;
            }
            waiting.pop();
        }
    }

    fn sort_youngest_first(&self, renewed: &mut [Renewed]) {
        let members = self.members();
        let places: HashMap<_, _> = members.iter().zip(0..).collect();
        // One that has ended is nowhere, and not waited for either.
        renewed
            .sort_by_key(|renewed| Reverse(places.get(&renewed.member.id).copied().unwrap_or(0)));
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("strategy", &self.strategy).finish_non_exhaustive()
    }
}
