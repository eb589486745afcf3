//! Handles without a type: actions by name, with JSON values.

use std::fmt;
use std::time::Duration;

use lyceum_wire::{Address, AgentDescription, AgentKey};
use serde_json::Value;

use super::{Handle, Stats};
use crate::call::{AnyCall, AnyTell, CallOptions};
use crate::cell::Place;
use crate::exchange::Status;
use crate::life::{Ended, Monitor};
use crate::node::may_be;
use crate::route::Arguments;
use crate::stream::Results;
use crate::{AgentRef, CallError, Recipient, Target};

/// A client of an agent whose type is not known: actions by name, with JSON values.
///
/// ```
/// # use lyceum::prelude::*;
/// # use serde_json::json;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let counter = node.launch(Counter::default()).await?.any();
/// assert_eq!(counter.call("add", json!([2])).await?, json!(2));
/// assert_eq!(counter.call("add", json!({"n": 3})).await?, json!(5));
///
/// let error = counter.call("add", json!(["two"])).await.unwrap_err();
/// assert!(error.to_string().contains("argument `n`: expected integer"), "{error}");
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AnyHandle {
    recipient: Recipient,
}

impl AnyHandle {
    pub(crate) fn new(agent: AgentRef) -> Self {
        Self::of(agent.into())
    }

    pub(crate) fn of(recipient: Recipient) -> Self {
        Self { recipient }
    }

    pub(crate) fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Returns the agent, if it is one of this process.
    pub(crate) fn cell(&self) -> Option<&AgentRef> {
        match self.recipient.place() {
            Place::Here(agent) => Some(agent),
            Place::There(_) => None,
        }
    }

    /// Returns a handle of the same agent whose messages wait for so long by default.
    ///
    /// See [`Handle::with_timeout`].
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self::of(self.recipient.timed(timeout))
    }

    /// Calls an action. Arguments are an array by position, or an object by name.
    ///
    /// The action's own error is [`CallError::Failed`], since its type is not known.
    pub fn call(&self, action: &str, arguments: Value) -> AnyCall<'_> {
        self.call_with(action, arguments.into(), CallOptions::default())
    }

    /// Calls an action with arguments both by position and by name, and with options.
    pub fn call_with(
        &self,
        action: &str,
        arguments: Arguments,
        options: CallOptions,
    ) -> AnyCall<'_> {
        AnyCall::new(&self.recipient, action, arguments, options)
    }

    /// Calls an action that answers with a stream of results.
    ///
    /// # Errors
    ///
    /// As any call. An action that answers with one value is [`CallError::UnknownAction`].
    pub async fn stream(
        &self,
        action: &str,
        arguments: Value,
    ) -> Result<Results<Value>, CallError> {
        self.call(action, arguments).stream().await
    }

    /// Sends a message one way.
    pub fn tell(&self, action: &str, arguments: Value) -> AnyTell<'_> {
        self.call(action, arguments).tell()
    }

    /// Returns a typed handle.
    ///
    /// # Errors
    ///
    /// Returns this handle if the agent is not of that type and has no such interface.
    pub fn downcast<A: Target + ?Sized>(self) -> Result<Handle<A>, Self> {
        if may_be::<A>(&self.recipient) { Ok(Handle::of(self.recipient)) } else { Err(self) }
    }

    /// Returns the name of the agent's type, as far as it is known here.
    pub fn type_name(&self) -> &str {
        self.recipient.type_name()
    }

    /// Returns how the agent is called on its node: by its id, or by the name that it was
    /// connected by.
    pub fn key(&self) -> AgentKey {
        self.recipient.key()
    }

    /// Returns the agent's name, as far as it is known here; see [`status`](Self::status).
    pub fn name(&self) -> Option<String> {
        self.recipient.name()
    }

    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        self.recipient.address()
    }

    /// Lets the agent finish what it has begun, then ends it; await it for why it ended.
    ///
    /// An agent that awaits this of itself hears at once that it stops; see [`Ended`].
    ///
    /// # Cancel safety
    ///
    /// The agent stops whether or not the answer is awaited.
    pub fn stop(&self) -> Ended {
        self.recipient.stop()
    }

    /// Ends the agent at once: what it has begun is dropped; await it for why it ended.
    ///
    /// # Cancel safety
    ///
    /// The agent ends whether or not the answer is awaited.
    pub fn kill(&self) -> Ended {
        self.recipient.kill()
    }

    /// Waits until the agent is gone for good, or its node out of reach.
    #[must_use = "this does nothing unless awaited"]
    pub fn ended(&self) -> Ended {
        self.recipient.ended()
    }

    /// Waits for the end of the agent's present generation: exactly one [`Down`](crate::Down).
    pub fn monitor(&self) -> Monitor {
        self.recipient.monitor()
    }

    /// Links two agents: if one goes down and was not asked to, the other does, too.
    ///
    /// # Errors
    ///
    /// As any call; none for agents of this process.
    pub async fn link(&self, other: &Self) -> Result<(), CallError> {
        self.recipient.link(&other.recipient).await
    }

    /// Removes a link.
    ///
    /// # Errors
    ///
    /// As any call; none for agents of this process.
    pub async fn unlink(&self, other: &Self) -> Result<(), CallError> {
        self.recipient.unlink(&other.recipient).await
    }

    /// Returns how long the agent took to answer, without running an action.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn ping(&self) -> Result<Duration, CallError> {
        self.recipient.ping().await
    }

    /// Returns what there is to know of the agent now.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn status(&self) -> Result<Status, CallError> {
        self.recipient.status().await
    }

    /// Returns what the agent has done so far.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn stats(&self) -> Result<Stats, CallError> {
        self.recipient.stats().await
    }

    /// Returns what the agent can do.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn describe(&self) -> Result<AgentDescription, CallError> {
        self.recipient.describe().await
    }

    /// Switches the agent off: it receives nothing and sends nothing until it is activated.
    ///
    /// Messages that wait already are kept. False if it is not active.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn deactivate(&self) -> Result<bool, CallError> {
        self.recipient.deactivate().await
    }

    /// Switches the agent on again; false if it is not switched off.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn activate(&self) -> Result<bool, CallError> {
        self.recipient.activate().await
    }

    /// Sets a flag, which runs the agent's behaviours that wait for it. Any other is ignored.
    ///
    /// # Errors
    ///
    /// As any call; none for an agent of this process.
    pub async fn set_flag(&self, flag: &str) -> Result<(), CallError> {
        self.recipient.set_flag(flag).await
    }
}

impl<A: Target + ?Sized> From<Handle<A>> for AnyHandle {
    fn from(handle: Handle<A>) -> Self {
        Self::of(handle.recipient().clone())
    }
}

impl fmt::Display for AnyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.recipient)
    }
}

impl fmt::Debug for AnyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.recipient)
    }
}
