//! Steps: what an agent gets of its universe while it acts.

use std::fmt;
use std::future::Future;

use lyceum_core::{Agent, Handle, Node, PublishError, Time};
use rand::rngs::SmallRng;
use serde::Serialize;
use serde_json::Value;

use crate::error::{ActivateError, AddFault};
use crate::kernel::prepare;
use crate::log::Level;
use crate::parts::Parts;
use crate::views::{Application, Project, Session};
use crate::world::{Request, World};
use crate::{AddError, AgentNumber, Event, Scope, SendError};

/// What an agent gets of its universe while it acts: `cx: &mut Step<'_>` in `#[live]`, `#[event]`,
/// `#[init]` and `#[deinit]`.
///
/// Nothing that is asked for here happens at once to others: events are handled in the next step,
/// and agents that are activated or added run their `init` when this turn is over.
pub struct Step<'w> {
    world: &'w mut World,
    slot: u32,
}

impl<'w> Step<'w> {
    #[inline]
    pub(crate) fn of(world: &'w mut World, slot: u32) -> Self {
        Self { world, slot }
    }

    pub(crate) fn fail(&mut self, error: &lyceum_core::BoxError) {
        self.world.failed(self.slot, error);
    }

    /// Sends an event to all active agents that listen to it, this one included, in the next step.
    ///
    /// # Errors
    ///
    /// The agent is not active, as in `deinit`, or the step has as many messages as it may have.
    /// The event comes back.
    #[inline]
    pub fn send<E: Event>(&mut self, event: E) -> Result<(), SendError<E>> {
        self.world.send(self.slot, None, event)
    }

    /// Sends an event to one agent, if it listens to it and is active then.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and if nobody has that number.
    pub fn send_to<E: Event>(&mut self, to: AgentNumber, event: E) -> Result<(), SendError<E>> {
        match self.world.slot(to) {
            Some(slot) => self.world.send(self.slot, Some(slot), event),
            None => {
                let fault = crate::SendFault::NoSuchAgent { number: to };
                Err(SendError { event, name: E::NAME.into(), fault })
            }
        }
    }

    /// Sends an event by its name, with JSON.
    ///
    /// Those that listen to a type of that name get it as that type.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and if the arguments are not what a type of that name reads.
    pub fn send_named(&mut self, name: &str, arguments: Value) -> Result<(), SendError<Value>> {
        self.world.send_named(self.slot, None, name, arguments)
    }

    /// Waits for something outside of the steps, such as a call to another agent, and lets this
    /// agent hear of it by an event: in the next step at the earliest, and not at all if the session
    /// is over by then, unless the agent is the application's.
    ///
    /// What it waits for runs on the universe's node. In a run that is replayed it does not run:
    /// the log has its outcome.
    pub fn ask<F, E>(&mut self, question: F, answer: impl FnOnce(F::Output) -> E + Send + 'static)
    where
        F: Future<Output: Send> + Send + 'static,
        E: Event,
    {
        if self.world.sender.is_scripted() {
            return;
        }
        let (sender, to) = (self.world.sender.clone(), self.number());
        let session = self.world.session_of(self.slot);
        let waiting = async move {
            let event = answer(question.await);
            if let Err(error) = sender.answer(to, session, event) {
                tracing::warn!(%error, "an answer did not reach its agent");
            }
        };
        self.world.node().spawn(waiting).detach();
    }

    /// Publishes a message on a topic of the universe's node.
    ///
    /// # Errors
    ///
    /// The topic's name is bad, or the message cannot be encoded.
    pub fn publish<T: Serialize + ?Sized>(
        &self,
        topic: &str,
        message: &T,
    ) -> Result<usize, PublishError> {
        self.world.node().topics().publish(topic, message)
    }

    /// Returns this agent's number, unique in the universe.
    pub fn number(&self) -> AgentNumber {
        self.world.register.identity(self.slot).map_or(AgentNumber(0), |identity| identity.number)
    }

    /// Returns this agent's name, unique in the universe.
    pub fn name(&self) -> String {
        self.world.name(self.slot)
    }

    /// Returns the number of the step, from 1; 0 before the first.
    pub fn step(&self) -> u64 {
        self.world.step
    }

    /// Returns the time of the universe's node.
    pub fn now(&mut self) -> Time {
        Time::from_nanos(self.world.read_clock(|world| world.now().nanos()))
    }

    /// Returns the universe's node.
    pub fn node(&self) -> &Node {
        self.world.node()
    }

    /// Returns the source of randomness, which begins anew with each session: the same seed and
    /// session give the same numbers.
    pub fn random(&mut self) -> &mut SmallRng {
        &mut self.world.random
    }

    /// Returns the application: its data and how to end it.
    pub fn application(&mut self) -> Application<'_> {
        Application::of(self.world)
    }

    /// Returns the project: its data, how it goes, and how to end it.
    pub fn project(&mut self) -> Project<'_> {
        Project::of(self.world)
    }

    /// Returns the session: its data, how it goes, and how to end it.
    ///
    /// # Panics
    ///
    /// If there is none, which only agents of the application's scope can see; they ask
    /// [`try_session`](Self::try_session).
    pub fn session(&mut self) -> Session<'_> {
        self.try_session().expect("an agent of the project or session acts within a session")
    }

    /// Returns the session, if one runs.
    pub fn try_session(&mut self) -> Option<Session<'_>> {
        Session::of(self.world)
    }

    /// Returns the data of all scopes and the source of randomness, apart from each other.
    pub fn parts(&mut self) -> Parts<'_> {
        let World { application, project, session, random, .. } = &mut *self.world;
        let session = session.as_mut().map(|session| &mut session.belongings);
        Parts { application, project, session, random }
    }

    /// Adds an agent to a scope, by a name. It runs in this step, behind those that are there:
    /// one of the session is active at once, one of another scope once it is activated.
    ///
    /// # Errors
    ///
    /// The name is taken or bad, the universe is full, or it listens to an event whose name is
    /// another type's.
    pub fn add<A: Agent>(
        &mut self,
        scope: Scope,
        name: &str,
        agent: A,
    ) -> Result<AgentNumber, AddError> {
        self.enlist(scope, Some(name), agent)
    }

    /// Adds an agent without a name of its own.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_unnamed<A: Agent>(
        &mut self,
        scope: Scope,
        agent: A,
    ) -> Result<AgentNumber, AddError> {
        self.enlist(scope, None, agent)
    }

    fn enlist<A: Agent>(
        &mut self,
        scope: Scope,
        name: Option<&str>,
        agent: A,
    ) -> Result<AgentNumber, AddError> {
        if scope == Scope::Session && self.world.session.is_none() {
            let name = name.unwrap_or(A::NAME).into();
            return Err(AddError { name, fault: AddFault::NoSession });
        }
        let ready = prepare(self.world, scope, name, 1.0, agent)?;
        let (slot, number) = (ready.slot, ready.number);
        self.world.requests.push(Request::Settle { slot, settle: ready.settle });
        if scope == Scope::Session {
            self.world.activate(slot);
        }
        Ok(number)
    }

    /// Returns the number of the agent of a name.
    pub fn find(&self, name: &str) -> Option<AgentNumber> {
        let slot = self.world.register.by_name(name)?;
        self.world.register.identity(slot).map(|identity| identity.number)
    }

    /// Returns a handle of an agent by its name, if its type or interface is `A`.
    pub fn handle<A: Agent>(&self, name: &str) -> Option<Handle<A>> {
        self.world.node().find().name(name)
    }

    /// Returns whether an agent is active.
    pub fn is_active(&self, agent: AgentNumber) -> bool {
        self.world.slot(agent).is_some_and(|slot| self.world.is_active(slot))
    }

    /// Activates an agent: its mailbox is cleared, and it is active from now on. Its `init` runs
    /// when this turn is over.
    ///
    /// # Errors
    ///
    /// It is active already, or nobody has that number.
    pub fn activate(&mut self, agent: AgentNumber) -> Result<(), ActivateError> {
        let missing = ActivateError::NoSuchAgent { number: agent };
        let slot = self.world.slot(agent).ok_or(missing)?;
        if !self.world.activate(slot) {
            return Err(ActivateError::Active { agent: self.world.name(slot) });
        }
        Ok(())
    }

    /// Deactivates an agent, this one or another: it is inactive from now on, so that its `deinit`,
    /// which runs when this turn is over, sends nothing. Does nothing if it is inactive.
    pub fn deactivate(&mut self, agent: AgentNumber) {
        if let Some(slot) = self.world.slot(agent) {
            self.world.deactivate(slot);
        }
    }

    /// Sets how much this agent's score counts; 1 unless set.
    pub fn set_score_weight(&mut self, weight: f64) {
        self.world.register.set_weight(self.slot, weight);
    }

    /// Writes a line for who looks for a defect into the agent's logger.
    pub fn debug(&mut self, text: impl AsRef<str>) {
        self.world.report(self.slot, Level::Debug, text.as_ref());
    }

    /// Writes what happens into the agent's logger.
    pub fn info(&mut self, text: impl AsRef<str>) {
        self.world.report(self.slot, Level::Info, text.as_ref());
    }

    /// Writes what may be wrong into the agent's logger.
    pub fn warning(&mut self, text: impl AsRef<str>) {
        self.world.report(self.slot, Level::Warning, text.as_ref());
    }

    /// Writes what is wrong into the agent's logger.
    pub fn error(&mut self, text: impl AsRef<str>) {
        self.world.report(self.slot, Level::Error, text.as_ref());
    }
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("step", &self.world.step).finish_non_exhaustive()
    }
}
