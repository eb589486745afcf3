//! Supervisors: agents that are restarted together.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lyceum_wire::AgentId;

use super::restart::{self, Intensity, Plan, close};
use super::{DownReason, FromConstructor, FromValue, Launch, Mode, Restart, Restartable, stop};
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
        if !close(agent) {
            // It restarts already, or ends: this failure is the same one or comes too late.
            return;
        }
        let Some(nth) = group.count() else {
            group.give_up(reason);
            return;
        };
        let mut generation = Vec::new();
        for member in group.concerned(agent.id) {
            let Some(member) = group.node.registry.by_id(member) else { continue };
            let plan = member.extras().as_ref().and_then(|extras| extras.plan.clone());
            let Some(plan) = plan else { continue };
            let is_failed = member == *agent;
            if is_failed || close(&member) {
                let own = if is_failed { reason.clone() } else { DownReason::SiblingFailed };
                generation.push((member, plan, own));
            }
        }
        let group = group.clone();
        let node = group.node.clone();
        node.spawn(None, async move { group.renew(generation, nth).await }).detach();
    }
}

/// A member that restarts, how, and why.
type Renewed = (AgentRef, Arc<Plan>, DownReason);

impl Group {
    /// Counts a failure; `None` if that is one too many.
    fn count(&self) -> Option<u32> {
        let nth = self.intensity.count(self.node.clock.now(), self.restart.within);
        (nth <= self.restart.limit).then_some(nth)
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

    /// Ends the old generations, the youngest first, and then starts the new ones in order.
    async fn renew(&self, generation: Vec<Renewed>, mut nth: u32) {
        for (member, plan, reason) in generation.iter().rev() {
            member.node.note(member.id, "restart");
            restart::clear(member, plan, reason.clone()).await;
        }
        for (member, plan, _) in &generation {
            loop {
                let pause = self.restart.backoff.before(nth);
                if !pause.is_zero() {
                    Sleep::until(self.node.clone(), self.node.clock.now() + pause).await;
                }
                if member.mode() != Mode::Starting {
                    break;
                }
                member.next_generation();
                let Err(failure) = restart::revive(member, plan).await else { break };
                if member.mode() != Mode::Starting {
                    // A stop or the end cut the start off.
                    break;
                }
                let failure = DownReason::StartFailed(failure);
                match self.count() {
                    Some(next) => nth = next,
                    None => return self.give_up(&failure),
                }
                restart::clear(member, plan, failure).await;
            }
        }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("strategy", &self.strategy).finish_non_exhaustive()
    }
}
