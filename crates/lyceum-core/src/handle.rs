//! Handles: typed clients of agents.

mod any;
mod revive;
mod stats;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::time::Duration;

pub use any::AnyHandle;
use lyceum_wire::{Address, AgentDescription, AgentId};
pub use revive::ReviveError;
pub use stats::Stats;
use stats::ping;

use crate::life::{Ended, Mode, Monitor};
use crate::node::offers;
use crate::{AgentRef, BehaviourInfo, CallError, Client, Recipient, Target};

/// A typed client of an agent: 8 bytes, with the agent's actions as methods.
///
/// It stays valid while the agent restarts. After the agent ended, calls say so. It can be
/// cloned, compared, stored, and sent in messages.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let counter = node.launch(Counter::default()).await?;
/// let twin: Handle<Counter> = counter.clone();
/// assert_eq!(counter.add(1).await?, 1);
/// assert_eq!(twin.add(1).await?, 2);
/// assert!(counter.to_string().starts_with("Counter('local://"));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct Handle<A: Target + ?Sized>(A::Actions);

impl<A: Target + ?Sized> Handle<A> {
    pub(crate) fn new(agent: AgentRef) -> Self {
        Self::of(agent.into())
    }

    pub(crate) fn of(recipient: Recipient) -> Self {
        Self(A::Actions::wrap(recipient))
    }

    pub(crate) fn recipient(&self) -> &Recipient {
        self.0.target()
    }

    pub(crate) fn agent(&self) -> &AgentRef {
        self.recipient().agent()
    }

    /// Returns a handle of the same agent whose messages wait for so long by default.
    ///
    /// What a call sets itself goes before this, and this before what the action or the node says.
    ///
    /// ```
    /// # use lyceum::prelude::*;
    /// # #[derive(Default)] struct Counter { value: u64 }
    /// # #[agent] impl Counter {
    /// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
    /// # }
    /// # lyceum::block_on(async {
    /// let node = Node::local();
    /// let counter = node.launch(Counter::default()).await?;
    /// let hasty = counter.with_timeout(Duration::from_millis(250));
    /// assert_eq!(hasty.add(1).await?, 1);
    /// assert_eq!(hasty, counter);
    /// # Ok::<(), lyceum::Error>(()) }).unwrap();
    /// ```
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self::of(self.recipient().timed(timeout))
    }

    /// Returns the agent's id.
    pub fn id(&self) -> AgentId {
        self.agent().id
    }

    /// Returns the agent's name, if it has one.
    pub fn name(&self) -> Option<String> {
        self.agent().name()
    }

    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        self.agent().address()
    }

    /// Forgets the type.
    pub fn any(&self) -> AnyHandle {
        AnyHandle::of(self.recipient().clone())
    }

    /// Returns a handle by another type or interface, if the agent has it.
    pub fn to<B: Target + ?Sized>(&self) -> Option<Handle<B>> {
        offers::<B>(self.agent()).then(|| Handle::of(self.recipient().clone()))
    }

    /// Returns whether the agent is of a type or has an interface.
    pub fn is<B: Target + ?Sized>(&self) -> bool {
        offers::<B>(self.agent())
    }

    /// Lets the agent finish what it has begun, then ends it; await it for why it ended.
    ///
    /// # Cancel safety
    ///
    /// The agent stops whether or not the answer is awaited.
    pub fn stop(&self) -> Ended {
        self.agent().stop()
    }

    /// Ends the agent at once: what it has begun is dropped; await it for why it ended.
    ///
    /// # Cancel safety
    ///
    /// The agent ends whether or not the answer is awaited.
    pub fn kill(&self) -> Ended {
        self.agent().kill()
    }

    /// Waits until the agent is gone for good.
    pub fn ended(&self) -> Ended {
        self.agent().ended()
    }

    /// Waits for the end of the agent's present generation: exactly one [`Down`](crate::Down).
    pub fn monitor(&self) -> Monitor {
        Monitor::of(self.agent())
    }

    /// Links two agents: if one goes down and was not asked to, the other does, too.
    pub fn link<B: Target + ?Sized>(&self, other: &Handle<B>) {
        self.agent().link(other.agent());
    }

    /// Removes a link.
    pub fn unlink<B: Target + ?Sized>(&self, other: &Handle<B>) {
        self.agent().unlink(other.agent());
    }

    /// Returns how long the agent took to answer, without running an action.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn ping(&self) -> Result<Duration, CallError> {
        ping(self.agent()).await
    }

    /// Returns what the agent has done so far.
    pub fn stats(&self) -> Stats {
        Stats::of(self.agent())
    }

    /// Returns what the agent can do.
    pub fn describe(&self) -> AgentDescription {
        self.agent().describe()
    }

    /// Returns what the agent's life has come to.
    pub fn mode(&self) -> Mode {
        self.agent().mode()
    }

    /// Returns how often the agent was restarted.
    pub fn generation(&self) -> u32 {
        self.agent().generation()
    }

    /// Switches the agent off: it receives nothing and sends nothing until it is activated.
    ///
    /// Messages that wait already are kept. False if it is not active.
    pub fn deactivate(&self) -> bool {
        self.agent().deactivate()
    }

    /// Switches the agent on again; false if it is not switched off.
    pub fn activate(&self) -> bool {
        self.agent().activate()
    }

    /// Sets a flag, which runs the agent's behaviours that wait for it.
    pub fn set_flag(&self, flag: &str) {
        self.agent().set_flag(flag);
    }

    /// Lists the agent's behaviours.
    pub fn behaviours(&self) -> Vec<BehaviourInfo> {
        self.agent().behaviours()
    }
}

impl<A: Target + ?Sized> Deref for Handle<A> {
    type Target = A::Actions;

    #[inline]
    fn deref(&self) -> &A::Actions {
        &self.0
    }
}

impl<A: Target + ?Sized> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self::of(self.recipient().clone())
    }
}

impl<A: Target + ?Sized> PartialEq for Handle<A> {
    fn eq(&self, other: &Self) -> bool {
        self.recipient() == other.recipient()
    }
}

impl<A: Target + ?Sized> Eq for Handle<A> {}

impl<A: Target + ?Sized> Hash for Handle<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.recipient().hash(state);
    }
}

impl<A: Target + ?Sized> fmt::Display for Handle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.recipient())
    }
}

impl<A: Target + ?Sized> fmt::Debug for Handle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.recipient())
    }
}
