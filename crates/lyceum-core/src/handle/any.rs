//! Handles without a type: actions by name, with JSON values.

use std::fmt;
use std::time::Duration;

use lyceum_wire::{Address, AgentDescription, AgentId};
use serde_json::Value;

use super::{Handle, Stats};
use crate::call::{AnyCall, AnyTell, CallOptions};
use crate::life::{Ended, Mode, Monitor};
use crate::node::offers;
use crate::route::Arguments;
use crate::stream::Results;
use crate::{AgentRef, BehaviourInfo, CallError, Recipient, Target};

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

    fn agent(&self) -> &AgentRef {
        self.recipient.agent()
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
        if offers::<A>(self.agent()) { Ok(Handle::of(self.recipient)) } else { Err(self) }
    }

    /// Returns the name of the agent's type.
    pub fn type_name(&self) -> &'static str {
        self.agent().vtable().name
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
    pub fn link(&self, other: &Self) {
        self.agent().link(other.agent());
    }

    /// Removes a link.
    pub fn unlink(&self, other: &Self) {
        self.agent().unlink(other.agent());
    }

    /// Returns how long the agent took to answer, without running an action.
    ///
    /// # Errors
    ///
    /// As any call.
    pub async fn ping(&self) -> Result<Duration, CallError> {
        super::ping(self.agent()).await
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
