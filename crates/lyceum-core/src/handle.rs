//! Handles: typed clients of agents.

mod any;
mod revive;
mod stats;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::time::Duration;

pub use any::AnyHandle;
use lyceum_wire::{Address, AgentDescription, AgentKey};
pub use revive::ReviveError;
pub(crate) use revive::{recipient_at, reviving};
pub use stats::Stats;

use crate::exchange::Status;
use crate::life::{Ended, Monitor};
use crate::node::may_be;
use crate::{AgentRef, CallError, Client, Recipient, Target};

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

    /// Returns how the agent is called on its node: by its id, or by the name that it was
    /// connected by.
    pub fn key(&self) -> AgentKey {
        self.recipient().key()
    }

    /// Returns the agent's name, as far as it is known here; see [`status`](Self::status).
    pub fn name(&self) -> Option<String> {
        self.recipient().name()
    }

    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        self.recipient().address()
    }

    /// Forgets the type.
    pub fn any(&self) -> AnyHandle {
        AnyHandle::of(self.recipient().clone())
    }

    /// Returns a handle by another type or interface, if the agent has it.
    ///
    /// Of an agent of another node that was not [connected](crate::exchange::Connect) to, it is not
    /// known here: calls will say so.
    pub fn to<B: Target + ?Sized>(&self) -> Option<Handle<B>> {
        may_be::<B>(self.recipient()).then(|| Handle::of(self.recipient().clone()))
    }

    /// Returns whether the agent is of a type or has an interface, as far as it is known here.
    pub fn is<B: Target + ?Sized>(&self) -> bool {
        may_be::<B>(self.recipient())
    }

    /// Lets the agent finish what it has begun, then ends it; await it for why it ended.
    ///
    /// An agent that awaits this of itself hears at once that it stops; see [`Ended`].
    ///
    /// # Cancel safety
    ///
    /// The agent stops whether or not the answer is awaited.
    pub fn stop(&self) -> Ended {
        self.recipient().stop()
    }

    /// Ends the agent at once: what it has begun is dropped; await it for why it ended.
    ///
    /// # Cancel safety
    ///
    /// The agent ends whether or not the answer is awaited.
    pub fn kill(&self) -> Ended {
        self.recipient().kill()
    }

    /// Waits until the agent is gone for good, or its node out of reach.
    #[must_use = "this does nothing unless awaited"]
    pub fn ended(&self) -> Ended {
        self.recipient().ended()
    }

    /// Waits for the end of the agent's present generation: exactly one [`Down`](crate::Down).
    pub fn monitor(&self) -> Monitor {
        self.recipient().monitor()
    }

    /// Links two agents: if one goes down and was not asked to, the other does, too.
    ///
    /// # Errors
    ///
    /// As any call; none for agents of this process.
    pub async fn link<B: Target + ?Sized>(&self, other: &Handle<B>) -> Result<(), CallError> {
        self.recipient().link(other.recipient()).await
    }

    /// Removes a link.
    ///
    /// # Errors
    ///
    /// As any call; none for agents of this process.
    pub async fn unlink<B: Target + ?Sized>(&self, other: &Handle<B>) -> Result<(), CallError> {
        self.recipient().unlink(other.recipient()).await
    }

    /// Returns how long the agent took to answer, without running an action.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn ping(&self) -> Result<Duration, CallError> {
        self.recipient().ping().await
    }

    /// Returns what there is to know of the agent now.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn status(&self) -> Result<Status, CallError> {
        self.recipient().status().await
    }

    /// Returns what the agent has done so far.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn stats(&self) -> Result<Stats, CallError> {
        self.recipient().stats().await
    }

    /// Returns what the agent can do.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn describe(&self) -> Result<AgentDescription, CallError> {
        self.recipient().describe().await
    }

    /// Switches the agent off: it receives nothing and sends nothing until it is activated.
    ///
    /// Messages that wait already are kept. False if it is not active.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn deactivate(&self) -> Result<bool, CallError> {
        self.recipient().deactivate().await
    }

    /// Switches the agent on again; false if it is not switched off.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn activate(&self) -> Result<bool, CallError> {
        self.recipient().activate().await
    }

    /// Sets a flag, which runs the agent's behaviours that wait for it. Any other is ignored.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn set_flag(&self, flag: &str) -> Result<(), CallError> {
        self.recipient().set_flag(flag).await
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
