//! What an agent gets of its surroundings: identity, time, others, work beside its turns.

mod work;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lyceum_wire::{Address, AgentId};
use rand::Rng;
use serde::Serialize;
pub use work::{BlockingError, Busy, JobHandle};

use crate::behaviour::{Behaviour, BehaviourInfo, ManualRun};
use crate::cell::{Block, Header, OwnedContext};
use crate::clock::{Sleep, Time, TimeoutError, When};
use crate::life::{DownReason, FromConstructor, FromValue, Launch, Mode, OwnTurn, With};
use crate::node::Shared;
use crate::topic::{PublishError, TopicError, publish_from};
use crate::{
    Action, ActionInfo, Agent, AgentRef, BoxError, CallError, Handle, Message, Node, Target,
};

/// What an agent gets of its surroundings.
///
/// Actions take `cx: &Context<Self>`; those without `self`, and behaviours that run freely, take
/// `Context<Self>` and reach the state with [`with`](Self::with).
#[repr(transparent)]
pub struct Context<A: Agent> {
    owned: OwnedContext,
    agent: PhantomData<fn() -> A>,
}

impl<A: Agent> Context<A> {
    pub(crate) fn of_agent(agent: &AgentRef) -> Self {
        Self { owned: OwnedContext::of_agent(agent), agent: PhantomData }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.owned.header().node
    }

    pub(crate) fn agent(&self) -> AgentRef {
        self.owned.agent()
    }

    /// Returns what the turn runs that this is the context of, if it is one of a turn.
    pub(crate) fn action(&self) -> Option<&'static ActionInfo> {
        self.owned.turn().map(|turn| turn.vtable.info)
    }

    pub(crate) fn header(&self) -> &Header {
        self.owned.header()
    }

    /// Returns the agent's id.
    pub fn id(&self) -> AgentId {
        self.owned.header().id
    }

    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        self.agent().address()
    }

    /// Returns how often the agent was restarted.
    pub fn generation(&self) -> u32 {
        self.owned.header().generation()
    }

    /// Returns a handle of the agent itself.
    pub fn handle(&self) -> Handle<A> {
        Handle::new(self.agent())
    }

    /// Returns the agent's node.
    pub fn node(&self) -> Node {
        Node::of(self.shared().clone())
    }

    /// Returns the time of the node's clock.
    pub fn now(&self) -> Time {
        self.shared().clock.now()
    }

    /// Returns the date of the node's clock.
    pub fn utc(&self) -> Timestamp {
        self.shared().clock.utc()
    }

    /// Waits for so long, on the node's clock.
    pub fn sleep(&self, time: Duration) -> Sleep {
        Sleep::until(self.shared().clone(), self.now() + time)
    }

    /// Waits until a time or date of the node's clock; what is past is due at once.
    pub fn sleep_until(&self, time: impl Into<When>) -> Sleep {
        Sleep::until(self.shared().clone(), self.shared().clock.resolve(time.into()))
    }

    /// Waits for `work` for at most so long, on the node's clock.
    ///
    /// # Errors
    ///
    /// Returns [`TimeoutError`] if the time passes first; `work` is dropped then.
    pub async fn timeout<F: Future>(
        &self,
        time: Duration,
        work: F,
    ) -> Result<F::Output, TimeoutError> {
        use futures_util::future::{Either, select};
        match select(std::pin::pin!(work), self.sleep(time)).await {
            Either::Left((output, _)) => Ok(output),
            Either::Right(_) => Err(TimeoutError),
        }
    }

    /// Publishes a message on a topic; subscribers of the node get it, this agent among them.
    ///
    /// Never waits for a subscriber: a full one loses its oldest message, which is counted.
    /// A topic that is none, or a message that cannot be encoded, is logged; see
    /// [`try_publish`](Self::try_publish).
    pub async fn publish<T: Serialize + ?Sized + Sync>(&self, topic: &str, message: &T) {
        if let Err(error) = self.try_publish(topic, message) {
            tracing::error!(agent = ?self.agent(), %error, "a message was not published");
        }
    }

    /// Publishes a message on a topic, and returns how many subscribers got it.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the topic's name, or why the message cannot be encoded.
    pub fn try_publish<T: Serialize + ?Sized>(
        &self,
        topic: &str,
        message: &T,
    ) -> Result<usize, PublishError> {
        if self.owned.header().mode() == Mode::Inactive {
            return Ok(0);
        }
        publish_from(&self.agent(), topic, message)
    }

    /// Returns a random value from the node's source.
    pub fn random<T>(&self) -> T
    where
        rand::distr::StandardUniform: rand::distr::Distribution<T>,
    {
        self.shared().with_random(Rng::random)
    }

    /// Returns a random number of a range from the node's source.
    pub fn random_range(&self, range: std::ops::Range<u64>) -> u64 {
        self.shared().with_random(|random| random.random_range(range))
    }

    /// Returns whether the caller gave up, so that the answer will be discarded.
    pub fn cancelled(&self) -> bool {
        self.owned.turn().is_some_and(Block::is_cancelled)
    }

    /// Returns how often the message of this turn was delivered, this time included.
    ///
    /// It is 1 but for a [durable](crate::Call::durable) message that an exchange delivers again:
    /// whoever had it before ended before it answered, and may have done all of it or a part.
    pub fn delivery_attempt(&self) -> u32 {
        self.owned.turn().map_or(1, Block::delivery_attempt)
    }

    /// Returns when the caller stops waiting, if it does.
    pub fn deadline(&self) -> Option<Time> {
        let deadline = self.owned.turn()?.decided_deadline();
        (deadline != u64::MAX).then(|| Time::from_nanos(deadline))
    }

    /// Reaches the state in a short turn. For actions without `self` and for behaviours.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Reentrant`] from within a turn of this agent, exclusive or shared, and
    /// [`CallError::Terminated`] once the agent has ended.
    pub async fn with<T, F>(&self, reach: F) -> Result<T, CallError>
    where
        F: FnOnce(&mut A) -> T + Send + 'static,
        T: Send + 'static,
    {
        OwnTurn::<A, _>::new(self.agent(), With(reach, PhantomData)).await
    }

    /// Takes a turn of the agent's own. For code that the macros write.
    #[doc(hidden)]
    pub async fn turn<M>(&self, message: M) -> Result<M::Output, BoxError>
    where
        M: Action<A>,
        M::Error: Into<BoxError>,
    {
        let result = OwnTurn::<A, M>::new(self.agent(), message).await;
        result.map_err(|error| match error {
            CallError::Action(error) => error.into(),
            other => other.map_action(|error| CallError::Action(error.into())).into_box(),
        })
    }

    /// Notes the state of a state machine. For code that the macros write.
    #[doc(hidden)]
    pub fn note_state(&self, behaviour: &str, state: &'static str) {
        self.owned.header().with_extras(|extras| {
            extras.behaviours.update(behaviour, |info| info.machine_state = Some(state.into()));
        });
    }

    /// Notes a run of a behaviour that is called. For code that the macros write.
    #[doc(hidden)]
    pub fn begin_run(&self, behaviour: &'static str) -> ManualRun<'_, A> {
        ManualRun::begin(self, behaviour)
    }

    /// Launches a child: an agent that ends with this one.
    pub fn launch<B: Agent>(&self, agent: B) -> Launch<B, FromValue<B>> {
        Launch::new(self.shared().clone(), FromValue::new(agent)).child_of(self.id())
    }

    /// Launches a child from a constructor.
    pub fn launch_with<B, F, E>(&self, constructor: F) -> Launch<B, FromConstructor<B>>
    where
        B: Agent,
        F: Fn() -> Result<B, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        Launch::new(self.shared().clone(), FromConstructor::new(constructor)).child_of(self.id())
    }

    /// Asks the agent to stop once what runs is done.
    pub fn stop(&self) {
        crate::life::stop(&self.agent(), DownReason::Stopped);
    }

    /// Returns whether the agent begins to stop.
    pub fn is_stopping(&self) -> bool {
        self.agent().is_stopping()
    }

    /// Waits until the agent begins to stop.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<A> {
        self.agent().wait_stopping()
    }

    /// Links this agent with another: if one goes down and was not asked to, the other does, too.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn link<B: Target + ?Sized>(&self, other: &Handle<B>) -> Result<(), CallError> {
        self.agent().recipient().link(other.recipient()).await
    }

    /// Sets a flag, which runs the behaviours that wait for it. Any other is ignored.
    pub fn set_flag(&self, flag: &str) {
        self.agent().set_flag(flag);
    }

    /// Lists the agent's behaviours.
    pub fn behaviours(&self) -> Vec<BehaviourInfo> {
        self.owned.header().with_extras(|extras| extras.behaviours.list())
    }

    /// Adds and starts a behaviour; false if the name is taken.
    ///
    /// # Errors
    ///
    /// Says which of the behaviour's subscriptions has a bad pattern.
    ///
    /// # Panics
    ///
    /// If the agent has 65,536 jobs: the behaviour would be one.
    pub fn add_behaviour<B: Behaviour<A>>(
        &self,
        name: &str,
        behaviour: B,
    ) -> Result<bool, TopicError> {
        crate::behaviour::add_value(self, name, behaviour)
    }

    /// Starts a behaviour of the agent's block again; false if there is none of that name, if it
    /// runs, or if the agent is starting or stopping.
    pub fn start_behaviour(&self, name: &str) -> bool {
        work::start_behaviour::<A>(&self.agent(), name)
    }

    /// Stops a behaviour; false if there is none of that name.
    ///
    /// # Cancel safety
    ///
    /// The behaviour stops whether or not this is awaited to its end.
    pub async fn stop_behaviour(&self, name: &str) -> bool {
        work::stop_behaviour(&self.agent(), name, false).await
    }

    /// Stops a behaviour and takes it off the list; false if there is none of that name.
    pub async fn remove_behaviour(&self, name: &str) -> bool {
        work::stop_behaviour(&self.agent(), name, true).await
    }

    /// Returns a handle of the agent or user that is asked by name; none if nobody goes by it.
    pub fn find<B: Target + ?Sized>(&self, name: &str) -> Option<Handle<B>> {
        self.node().find().name(name)
    }

    /// Hands a message that must not be lost to this agent itself.
    pub fn tell_self<M: Message>(&self, message: M) -> Result<(), crate::TellError> {
        crate::call::Tell::new(self.agent().recipient(), message).now()
    }
}

impl<A: Agent> Clone for Context<A> {
    fn clone(&self) -> Self {
        Self { owned: self.owned.clone(), agent: PhantomData }
    }
}

impl<A: Agent> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({:?})", self.agent())
    }
}
