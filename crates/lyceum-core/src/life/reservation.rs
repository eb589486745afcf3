//! Reservations: agents that have a name, a handle and a mailbox before they are launched.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use lyceum_wire::AgentName;

use super::intensity::Intensity;
use super::launch::{START_LIMIT, insert, name_error};
use super::launching::{Launching, Progress};
use super::restart::{self, Maker, Plan};
use super::source::FromConstructor;
use super::stop::stop_children;
use super::{DownReason, Ended, Mode, Restart, starting, stop};
use crate::caught::Kept;
use crate::cell::Stage;
use crate::node::Shared;
use crate::{Agent, AgentRef, BoxError, Handle, LaunchError};

/// An agent that is to be launched later, and has its handle already now.
///
/// So agents that need each other's handles to be made can be. Messages wait in the mailbox until
/// the agent has started, within their deadlines. Dropping this gives the launch up, and they end
/// `Terminated`.
///
/// ```
/// # use lyceum::prelude::*;
/// struct Player { other: Handle<Player> }
///
/// #[agent]
/// impl Player {
///     #[action]
///     fn opponent(&self) -> Option<String> { self.other.any().name() }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::simulated(1);
/// let (left, right) = (node.reserve::<Player>("left")?, node.reserve::<Player>("right")?);
/// let (one, two) = (left.handle(), right.handle());
/// let player = |other: &Handle<Player>| {
///     let other = other.clone();
///     move || Ok::<_, BoxError>(Player { other: other.clone() })
/// };
/// let left = left.launch_with(player(&two)).await?;
/// right.launch_with(player(&one)).await?;
/// assert_eq!(left.opponent().await?.as_deref(), Some("right"));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[must_use = "dropping it gives the launch up"]
pub struct Reservation<A> {
    /// None once it is launched.
    agent: Option<AgentRef>,
    restart: Option<Restart>,
    maker: Option<Maker>,
    start_limit: Duration,
    kind: PhantomData<fn() -> A>,
}

impl<A: Agent> Reservation<A> {
    pub(crate) fn new(node: &Arc<Shared>, name: &str) -> Result<Self, LaunchError> {
        let name: AgentName = name.parse().map_err(name_error::<A>)?;
        let make = |id| AgentRef::create::<A>(node.clone(), id, Stage::Starting);
        let agent = insert::<A>(node, Some(&name), make)?;
        agent.with_extras(|extras| {
            starting::begin(extras);
            extras.name = Some(name);
        });
        let (agent, start_limit) = (Some(agent), START_LIMIT);
        Ok(Self { agent, restart: None, maker: None, start_limit, kind: PhantomData })
    }

    /// Returns the handle of the agent that is to come.
    pub fn handle(&self) -> Handle<A> {
        Handle::new(self.agent.clone().expect("it is not launched yet"))
    }

    /// Restarts the agent after failures. Needs a constructor: see [`launch_with`](Self::launch_with)
    /// and [`restart_with`](Self::restart_with).
    pub fn restart(mut self, policy: Restart) -> Self {
        self.restart = Some(policy);
        self
    }

    /// Restarts the agent after failures, with states that a constructor makes.
    pub fn restart_with<F, E>(mut self, policy: Restart, constructor: F) -> Self
    where
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        self.maker = Some(FromConstructor::new(constructor).into_maker());
        self.restart(policy)
    }

    /// Sets how long the constructor may take, and then the start hook; 30 s each unless set.
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// Launches the agent from a value.
    ///
    /// # Errors
    ///
    /// As any launch.
    ///
    /// # Cancel safety
    ///
    /// The launch goes on even if the future is dropped.
    pub fn launch(mut self, state: A) -> Launching<A> {
        let (agent, limit) = (self.take(), self.start_limit);
        if let Some(make) = self.maker.take() {
            let plan = Arc::new(self.plan(make));
            agent.with_extras(|extras| extras.plan = Some(plan));
        }
        if let Err(reason) = restart::put(&agent, Kept::new(Box::new(state))) {
            let node = agent.node.clone();
            let job = node.spawn(None, async move { Err(ended::<A>(agent, reason).await) });
            return Launching(Progress::Starting { node, job: Some(job) });
        }
        if !agent.vtable().life.on_start
            && let Ok(()) = starting::end(&agent)
        {
            return Launching(Progress::Decided(Some(Ok(Handle::new(agent)))));
        }
        let node = agent.node.clone();
        let job = node.spawn(None, async move {
            match restart::started(&agent, limit).await {
                Ok(()) => Ok(Handle::new(agent)),
                Err(reason) => Err(ended::<A>(agent, reason).await),
            }
        });
        Launching(Progress::Starting { node, job: Some(job) })
    }

    /// Launches the agent from a constructor, which runs inside the node and again at each restart.
    ///
    /// # Errors
    ///
    /// As any launch.
    ///
    /// # Cancel safety
    ///
    /// The launch goes on even if the future is dropped.
    pub fn launch_with<F, E>(mut self, constructor: F) -> Launching<A>
    where
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        let agent = self.take();
        let plan = Arc::new(self.plan(FromConstructor::new(constructor).into_maker()));
        if self.restart.is_some() {
            agent.with_extras(|extras| extras.plan = Some(plan.clone()));
        }
        let node = agent.node.clone();
        let job = node.spawn(None, async move {
            match restart::revive(&agent, &plan).await {
                Ok(()) => Ok(Handle::new(agent)),
                Err(reason) => Err(ended::<A>(agent, reason).await),
            }
        });
        Launching(Progress::Starting { node, job: Some(job) })
    }

    fn take(&mut self) -> AgentRef {
        self.agent.take().expect("it is not launched yet")
    }

    fn plan(&self, make: Maker) -> Plan {
        Plan {
            policy: self.restart.unwrap_or_default(),
            alone: true,
            make,
            start_limit: self.start_limit,
            failures: Intensity::default(),
            late: Mutex::default(),
        }
    }
}

/// Ends an agent that did not start, and says why.
async fn ended<A: Agent>(agent: AgentRef, reason: DownReason) -> LaunchError {
    let cause = match (&reason, agent.mode()) {
        (DownReason::StartFailed(text), _) => text.clone(),
        (_, Mode::Stopping | Mode::Ended) => "it was ended meanwhile".into(),
        (reason, _) => reason.to_string(),
    };
    let children = stop_children(&agent);
    stop::end_now(&agent, reason);
    // Their names are free again when the caller hears of it.
    join_all(children.into_iter().chain([agent]).map(Ended::of)).await;
    LaunchError::Start { agent: A::NAME, cause: cause.into() }
}

impl<A> Drop for Reservation<A> {
    fn drop(&mut self) {
        if let Some(agent) = self.agent.take() {
            stop::end_now(&agent, DownReason::StartFailed("its launch was given up".into()));
        }
    }
}

impl<A: Agent> fmt::Debug for Reservation<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.agent.as_ref().and_then(|agent| agent.extras().as_ref()?.name.clone());
        f.debug_struct("Reservation").field("agent", &A::NAME).field("name", &name).finish()
    }
}
