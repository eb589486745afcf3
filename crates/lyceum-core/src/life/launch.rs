//! Launching agents.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use lyceum_wire::{AddressError, AgentId, AgentName};

use super::intensity::Intensity;
use super::launching::{Launching, Progress};
use super::restart::{Maker, Plan};
use super::source::{FromValue, Restartable, Source, construct, sealed};
use super::starting::Unstarted;
use super::stop::stop_children;
use super::supervisor::Member;
use super::{DownReason, Ended, Mode, OnFailure, Restart, starting, stop};
use crate::caught::Kept;
use crate::cell::{DEFAULT_BYTES, DEFAULT_CAPACITY, Life, Limits, Stage, Standing};
use crate::error::NameError;
use crate::mailbox::Overflow;
use crate::node::{Rejected, Shared};
use crate::{Agent, AgentRef, BoxError, CallError, Handle, LaunchError, full_text};

/// How long a constructor or start hook may take unless set otherwise.
pub(super) const START_LIMIT: Duration = Duration::from_secs(30);

/// An agent that is about to be launched; await it for the handle.
///
/// # Cancel safety
///
/// Once polled, the launch goes on even if the future is dropped.
#[must_use = "an agent is launched when this is awaited"]
pub struct Launch<A, S> {
    node: Arc<Shared>,
    source: S,
    settings: Option<Box<Settings>>,
    agent: PhantomData<fn() -> A>,
}

#[derive(Default)]
struct Settings {
    name: Option<String>,
    attributes: Vec<(String, String)>,
    limits: Option<Limits>,
    on_panic: OnFailure,
    on_error: OnFailure,
    restart: Option<Restart>,
    member: Option<Member>,
    parent: Option<AgentId>,
    grace: Option<Duration>,
    start_limit: Option<Duration>,
    inactive: bool,
}

impl<A: Agent, S> Launch<A, S> {
    pub(crate) fn new(node: Arc<Shared>, source: S) -> Self {
        Self { node, source, settings: None, agent: PhantomData }
    }

    fn set(mut self, set: impl FnOnce(&mut Settings)) -> Self {
        set(self.settings.get_or_insert_default());
        self
    }

    /// Gives the agent a name, unique on its node.
    pub fn named(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.set(|settings| settings.name = Some(name))
    }

    /// Gives the agent an attribute to be found by.
    pub fn attribute(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let pair = (key.into(), value.into());
        self.set(|settings| settings.attributes.push(pair))
    }

    /// Bounds the mailbox to so many messages; 1,024 unless set.
    pub fn mailbox(self, messages: u32) -> Self {
        self.set(|settings| settings.limits().messages = messages.max(1))
    }

    /// Bounds the mailbox to so many bytes of encoded messages; 16 MiB unless set.
    pub fn mailbox_bytes(self, bytes: u64) -> Self {
        self.set(|settings| settings.limits().bytes = bytes)
    }

    /// Says what happens when the mailbox is full; senders wait unless set.
    pub fn overflow(self, overflow: Overflow) -> Self {
        self.set(|settings| settings.limits().overflow = overflow)
    }

    /// Says what happens when a turn panics.
    pub fn on_panic(self, policy: OnFailure) -> Self {
        self.set(|settings| settings.on_panic = policy)
    }

    /// Says what happens when a behaviour fails.
    pub fn on_error(self, policy: OnFailure) -> Self {
        self.set(|settings| settings.on_error = policy)
    }

    /// Sets how long the agent may take to stop.
    pub fn grace(self, grace: Duration) -> Self {
        self.set(|settings| settings.grace = Some(grace))
    }

    /// Sets how long the constructor may take, and then the start hook; 30 s each unless set.
    pub fn start_limit(self, limit: Duration) -> Self {
        self.set(|settings| settings.start_limit = Some(limit))
    }

    /// Launches the agent switched off, until [`Handle::activate`].
    pub fn inactive(self) -> Self {
        self.set(|settings| settings.inactive = true)
    }

    pub(crate) fn child_of(self, parent: AgentId) -> Self {
        self.set(|settings| settings.parent = Some(parent))
    }
}

impl<A: Agent, S: Restartable<A>> Launch<A, S> {
    /// Restarts the agent after failures. Needs a constructor, or a value that is `Clone`.
    pub fn restart(mut self, policy: Restart) -> Self {
        sealed::Restartable::keep_maker(&mut self.source);
        self.set(|settings| settings.restart = Some(policy))
    }

    pub(super) fn member(mut self, member: Member, policy: Restart) -> Self {
        sealed::Restartable::keep_maker(&mut self.source);
        self.set(|settings| {
            settings.restart = Some(policy);
            settings.member = Some(member);
        })
    }
}

impl<A: Agent> Launch<A, FromValue<A>> {
    /// Restarts the agent after failures, with states that a constructor makes. The first state is
    /// the value, so that it is launched as fast as any.
    pub fn restart_with<F, E>(mut self, policy: Restart, constructor: F) -> Self
    where
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        self.source.make_by(constructor);
        self.set(|settings| settings.restart = Some(policy))
    }
}

impl Settings {
    fn limits(&mut self) -> &mut Limits {
        self.limits.get_or_insert(Limits {
            messages: DEFAULT_CAPACITY,
            bytes: DEFAULT_BYTES,
            overflow: Overflow::Wait,
        })
    }
}

impl<A: Agent, S: Source<A> + Send + 'static> IntoFuture for Launch<A, S> {
    type Output = Result<Handle<A>, LaunchError>;
    type IntoFuture = Launching<A>;

    fn into_future(self) -> Launching<A> {
        let Self { node, source, settings, .. } = self;
        let source = match source.into_value() {
            Ok((state, maker)) => return create(&node, Kept::new(state), maker, settings),
            Err(source) => source,
        };
        // A constructor runs inside the node, whatever its caller is.
        let limit = settings.as_ref().and_then(|settings| settings.start_limit);
        let limit = limit.unwrap_or(START_LIMIT);
        let inner = node.clone();
        let job = node.spawn(None, async move {
            let (state, maker) = construct(&inner, source, limit).await?;
            create(&inner, state, maker, settings).await
        });
        Launching(Progress::Starting { node, job: Some(job) })
    }
}

/// Makes the agent, and starts it if that needs time.
fn create<A: Agent>(
    node: &Arc<Shared>,
    state: Kept<A>,
    maker: Option<Maker>,
    settings: Option<Box<Settings>>,
) -> Launching<A> {
    let life = const { Life::of::<A>() };
    let simple = settings.is_none() && !life.is_eventful();
    let stage = if simple { Stage::Running } else { Stage::Starting };
    let name = settings.as_ref().and_then(|settings| settings.name.as_deref()).map(str::parse);
    let name: Option<AgentName> = match name.transpose() {
        Ok(name) => name,
        Err(bad) => return Launching::failed(name_error::<A>(bad)),
    };
    let make = |id| AgentRef::with_state(node.clone(), id, stage, state.into_inner());
    let agent = match insert::<A>(node, name.as_ref(), make) {
        Ok(agent) => agent,
        Err(error) => return Launching::failed(error),
    };
    if simple {
        return Launching(Progress::Decided(Some(Ok(Handle::new(agent)))));
    }
    let settings = settings.unwrap_or_default();
    let limit = settings.start_limit.unwrap_or(START_LIMIT);
    apply(&agent, name, maker, *settings);
    if !life.on_start
        && let Ok(()) = starting::end(&agent)
    {
        return Launching(Progress::Decided(Some(Ok(Handle::new(agent)))));
    }
    let job = node.spawn(None, async move { start::<A>(agent, limit).await });
    Launching(Progress::Starting { node: node.clone(), job: Some(job) })
}

/// Makes an agent without a start hook that can act at once: nothing is scheduled for it.
pub(crate) fn at_once<A: Agent>(
    node: &Arc<Shared>,
    name: Option<&str>,
    state: A,
) -> Result<Handle<A>, LaunchError> {
    let state = Kept::new(state);
    let life = const { Life::of::<A>() };
    let name: Option<AgentName> =
        name.map(str::parse).transpose().map_err(|bad| name_error::<A>(bad))?;
    let make = |id| AgentRef::with_state(node.clone(), id, Stage::Running, state.into_inner());
    let agent = insert::<A>(node, name.as_ref(), make)?;
    if name.is_some() {
        agent.with_extras(|extras| extras.name = name);
    }
    if life.is_eventful() {
        begin::<A>(&agent);
    }
    Ok(Handle::new(agent))
}

/// Puts the agent that `make` makes into the registry.
pub(super) fn insert<A: Agent>(
    node: &Arc<Shared>,
    name: Option<&AgentName>,
    make: impl FnOnce(AgentId) -> AgentRef,
) -> Result<AgentRef, LaunchError> {
    let agent = node.registry.insert(name, make).map_err(|rejected| match rejected {
        Rejected::Closed => LaunchError::NodeStopped { agent: A::NAME },
        Rejected::NameTaken => {
            let taken = name.map_or_else(String::new, ToString::to_string);
            LaunchError::Name { agent: A::NAME, cause: NameError::Taken(taken) }
        }
    })?;
    node.note(agent.id, "launch");
    Ok(agent)
}

pub(super) fn name_error<A: Agent>(bad: AddressError) -> LaunchError {
    LaunchError::Name { agent: A::NAME, cause: NameError::Bad(bad) }
}

fn apply(agent: &AgentRef, name: Option<AgentName>, maker: Option<Maker>, settings: Settings) {
    if let Some(limits) = settings.limits {
        agent.mailbox.set_limits(limits);
    }
    let alone = settings.member.is_none();
    let limit = settings.start_limit.unwrap_or(START_LIMIT);
    let plan = settings.restart.zip(maker).map(|(policy, make)| Plan {
        policy,
        alone,
        make,
        start_limit: limit,
        failures: Intensity::default(),
        late: Mutex::default(),
    });
    let member = settings.member.clone();
    let parent = settings.parent;
    if settings.inactive {
        agent.change(Standing::start_off);
    }
    agent.with_extras(|extras| {
        starting::begin(extras);
        extras.name = name;
        extras.attributes = settings.attributes.into_iter().collect();
        extras.on_panic = settings.on_panic;
        extras.on_error = settings.on_error;
        extras.grace = settings.grace;
        extras.plan = plan.map(Arc::new);
        extras.member = settings.member;
        extras.parent = parent;
    });
    if let Some(member) = member {
        member.join(agent);
    }
    let Some(parent) = parent else { return };
    let parent = agent.node.registry.by_id(parent);
    let adopted = parent.is_some_and(|parent| {
        parent
            .with_extras(|extras| parent.mode() != Mode::Ended && extras.children.insert(agent.id))
    });
    if !adopted {
        // The parent ended meanwhile.
        stop::end_now(agent, DownReason::ParentEnded);
    }
}

/// Starts an agent, which ends if that fails.
async fn start<A: Agent>(agent: AgentRef, limit: Duration) -> Result<Handle<A>, LaunchError> {
    let Err(unstarted) = starting::run(&agent, limit).await else { return Ok(Handle::new(agent)) };
    let (failure, reason) = match unstarted {
        Unstarted::Hook(error) => (start_error::<A>(error), None),
        Unstarted::Late => (LaunchError::Timeout { agent: A::NAME, limit }, None),
        Unstarted::Failed(reason) => {
            let cause = reason.to_string().into();
            (LaunchError::Start { agent: A::NAME, cause }, Some(reason))
        }
    };
    let children = stop_children(&agent);
    let reason = reason.unwrap_or_else(|| DownReason::StartFailed(full_text(&failure)));
    stop::end_now(&agent, reason);
    // Their names are free again when the caller hears of it.
    join_all(children.into_iter().chain([agent]).map(Ended::of)).await;
    Err(failure)
}

fn start_error<A: Agent>(error: CallError<BoxError>) -> LaunchError {
    let agent = A::NAME;
    match error {
        CallError::Action(cause) => LaunchError::Start { agent, cause },
        CallError::Panicked(fault) => {
            LaunchError::Panicked { agent, text: fault.detail.unwrap_or_default() }
        }
        other => LaunchError::Start { agent, cause: other.to_string().into() },
    }
}

/// Starts the subscriptions and behaviours of an agent that is active, once in each generation.
pub(crate) fn begin<A: Agent>(agent: &AgentRef) {
    let blueprint = const { &A::BLUEPRINT };
    let generation = agent.with_extras(|extras| {
        let first = agent.mode() == Mode::Active && !std::mem::replace(&mut extras.begun, true);
        first.then(|| agent.generation())
    });
    let Some(generation) = generation else { return };
    crate::topic::subscribe_agent(agent, blueprint.subscriptions, generation);
    for interface in blueprint.interfaces {
        crate::topic::subscribe_agent(agent, interface.subscriptions, generation);
    }
    for behaviour in blueprint.all_behaviours() {
        crate::behaviour::add_method(agent, behaviour, generation);
    }
}

impl<A: Agent, S> fmt::Debug for Launch<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch").field("agent", &A::NAME).finish_non_exhaustive()
    }
}
