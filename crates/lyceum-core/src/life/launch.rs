//! Launching agents.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_wire::{AddressError, AgentId, AgentName};

use super::launching::{CONSTRUCTED, Construction, Launching, Progress, move_on};
use super::restart::{Intensity, Maker, Plan};
use super::source::{Restartable, Source, make, sealed};
use super::supervisor::Member;
use super::{DownReason, Ended, Mode, OnFailure, Restart, stop};
use crate::cell::{DEFAULT_BYTES, DEFAULT_CAPACITY, Life, Limits};
use crate::clock::Sleep;
use crate::error::NameError;
use crate::mailbox::Overflow;
use crate::node::{Rejected, Shared};
use crate::{Agent, AgentRef, BoxError, CallError, Handle, LaunchError};

/// How long a constructor or start hook may take unless set otherwise.
const START_LIMIT: Duration = Duration::from_secs(30);

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

    /// Sets how long the start hook may take; 30 s unless set.
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
        if !S::RUNS {
            return make(self.source).map_or_else(Launching::failed, |(state, maker)| {
                create(&self.node, state, maker, self.settings)
            });
        }
        // A constructor runs inside the node, whatever its caller is.
        let Self { node, source, settings, .. } = self;
        let limit = settings.as_ref().and_then(|settings| settings.start_limit);
        let limit = limit.unwrap_or(START_LIMIT);
        let construction = Construction::new(&node, limit);
        let (stage, inner) = (construction.stage.clone(), node.clone());
        let job = node.spawn(None, async move {
            let (state, maker) = make(source)?;
            if !move_on(&stage, CONSTRUCTED) {
                return Err(LaunchError::Timeout { agent: A::NAME, limit });
            }
            create(&inner, state, maker, settings).await
        });
        Launching(Progress::Starting { node, job: Some(job), construction: Some(construction) })
    }
}

/// Makes the agent, and starts it if that needs time.
fn create<A: Agent>(
    node: &Arc<Shared>,
    state: A,
    maker: Option<Maker>,
    settings: Option<Box<Settings>>,
) -> Launching<A> {
    let life = const { Life::of::<A>() };
    let simple = settings.is_none() && !life.is_eventful();
    let mode = if simple { Mode::Active } else { Mode::Starting };
    let name = settings.as_ref().and_then(|settings| settings.name.as_deref()).map(str::parse);
    let name: Option<AgentName> = match name.transpose() {
        Ok(name) => name,
        Err(bad) => return Launching::failed(name_error::<A>(bad)),
    };
    let make = |id| AgentRef::with_state(node.clone(), id, mode, state);
    let agent = match node.registry.insert(name.as_ref(), make) {
        Ok(agent) => agent,
        Err(Rejected::Closed) => {
            return Launching::failed(LaunchError::NodeStopped { agent: A::NAME });
        }
        Err(Rejected::NameTaken) => {
            let taken = name.map_or_else(String::new, |name| name.to_string());
            let cause = NameError::Taken(taken);
            return Launching::failed(LaunchError::Name { agent: A::NAME, cause });
        }
    };
    node.note(agent.id, "launch");
    if simple {
        return Launching(Progress::Decided(Some(Ok(Handle::new(agent)))));
    }
    let settings = settings.unwrap_or_default();
    let (inactive, limit) = (settings.inactive, settings.start_limit.unwrap_or(START_LIMIT));
    apply(&agent, name, maker, *settings);
    if !life.on_start && !inactive {
        open(&agent);
        return Launching(Progress::Decided(Some(Ok(Handle::new(agent)))));
    }
    let job = node.spawn(None, async move { start::<A>(agent, limit, inactive).await });
    Launching(Progress::Starting { node: node.clone(), job: Some(job), construction: None })
}

fn name_error<A: Agent>(bad: AddressError) -> LaunchError {
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
    });
    let member = settings.member.clone();
    let parent = settings.parent;
    agent.with_extras(|extras| {
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
    match agent.node.registry.by_id(parent) {
        Some(parent) => parent.with_extras(|extras| extras.children.push(agent.id)),
        // The parent ended meanwhile.
        None => stop::end_now(agent, DownReason::ParentEnded),
    }
}

/// Runs the start hook, then behaviours and subscriptions, then lets messages in.
async fn start<A: Agent>(
    agent: AgentRef,
    limit: Duration,
    inactive: bool,
) -> Result<Handle<A>, LaunchError> {
    let node = agent.node.clone();
    if const { Life::of::<A>() }.on_start {
        let hook = (agent.vtable().start)(agent.clone());
        let sleep = Sleep::until(node.clone(), node.clock.now() + limit);
        let failure = match select(hook, sleep).await {
            Either::Left((Ok(()), _)) => None,
            Either::Left((Err(error), _)) => Some(start_error::<A>(error)),
            Either::Right(_) => Some(LaunchError::Timeout { agent: A::NAME, limit }),
        };
        if let Some(failure) = failure {
            stop::end_now(&agent, DownReason::StartFailed(failure.to_string()));
            // Its name is free again when the caller hears of it.
            Ended::of(agent).await;
            return Err(failure);
        }
    }
    if inactive {
        agent.deactivate_from(Mode::Starting);
        return Ok(Handle::new(agent));
    }
    open(&agent);
    Ok(Handle::new(agent))
}

/// Lets messages in, and starts behaviours and subscriptions, unless the agent ends meanwhile.
pub(super) fn open(agent: &AgentRef) -> bool {
    let opened = agent.change_mode(Mode::Starting, Mode::Active);
    if opened {
        (agent.vtable().begin)(agent);
    }
    opened
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

/// Starts the subscriptions and behaviours of an agent.
pub(crate) fn begin<A: Agent>(agent: &AgentRef) {
    let blueprint = const { &A::BLUEPRINT };
    agent.with_extras(|extras| extras.begun = true);
    crate::topic::subscribe_agent(agent, blueprint.subscriptions);
    for interface in blueprint.interfaces {
        crate::topic::subscribe_agent(agent, interface.subscriptions);
    }
    for behaviour in blueprint.all_behaviours() {
        crate::behaviour::add_method(agent, behaviour);
    }
}

impl<A: Agent, S> fmt::Debug for Launch<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch").field("agent", &A::NAME).finish_non_exhaustive()
    }
}
