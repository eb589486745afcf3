//! What the macros make of an action: a message, and how an agent runs it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use lyceum_wire::AccessKind;

use crate::cell::{Entry, Profile};
use crate::exchange::Wire;
use crate::{Agent, Context, Recipient};

/// The arguments of an action, on their way to the agent.
///
/// Implemented by the `#[agent]` macro: one type for each action.
pub trait Message: Send + Sized + 'static {
    /// What the action returns when it goes well.
    type Output: Send + 'static;
    /// The action's own error; [`Infallible`] where it has none.
    type Error: Send + 'static;
    /// What is known of the action before it runs.
    const INFO: &'static ActionInfo;

    /// Returns what was measured of the action so far.
    fn profile() -> &'static Profile;

    /// Returns how `target` takes this message; `None` where it does not know the action.
    fn entry(target: &Recipient) -> Option<Entry<Self>>;

    /// Returns how the message leaves the process; `None` where its action is local.
    fn wire() -> Option<Wire<Self>> {
        None
    }
}

/// How agents of type `A` run a message.
pub trait Action<A: Agent>: Message {
    /// Who may touch the agent meanwhile: [`Exclusive`], [`Shared`] or [`Detached`].
    type Access: Access;

    /// Runs the action to its end.
    fn run<'a>(
        self,
        agent: <Self::Access as Access>::Borrow<'a, A>,
        cx: &'a Context<A>,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send + 'a;
}

/// What is known of an action before it runs.
#[derive(Debug)]
pub struct ActionInfo {
    /// The type of agent, or the interface, that has the action.
    pub owner: &'static str,
    /// The name by which it is called.
    pub name: &'static str,
    /// The doc text of the method.
    pub doc: &'static str,
    /// How it shares the agent with other actions.
    pub access: AccessKind,
    /// Where its first poll may happen.
    pub dispatch: Dispatch,
    /// What happens to it when its caller gives up.
    pub on_cancel: OnCancel,
    /// Its own default deadline, if it has one.
    pub timeout: Option<Duration>,
    /// Whether each call of it is [durable](crate::Call::durable).
    pub durable: bool,
}

impl ActionInfo {
    /// Describes a shared or exclusive action with the default settings.
    pub const fn new(owner: &'static str, name: &'static str, access: AccessKind) -> Self {
        Self {
            owner,
            name,
            doc: "",
            access,
            dispatch: Dispatch::Measured,
            on_cancel: OnCancel::Finish,
            timeout: None,
            durable: false,
        }
    }
}

/// Where the first poll of an action may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// On the caller's thread once a few measured runs were short; queued until then.
    Measured,
    /// Always on the caller's thread where the agent is idle.
    Inline,
    /// Always through the mailbox.
    Queued,
}

/// What happens to a started action when its caller gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCancel {
    /// It runs to its end and its answer is discarded.
    Finish,
    /// It is dropped at its next await.
    Drop,
}

/// Who may touch the agent while an action runs. Sealed: there are three ways.
pub trait Access: crate::cell::Borrowing + 'static {
    /// What the action gets of the agent.
    type Borrow<'a, A: 'a>;
    /// The same as a value.
    const KIND: AccessKind;
}

/// `&mut self`: the action has the agent to itself until it returns, awaits included.
#[derive(Debug)]
pub enum Exclusive {}

/// `&self`: the action interleaves with other shared ones at awaits.
#[derive(Debug)]
pub enum Shared {}

/// Context only: the action runs as a job of the agent, beside everything.
#[derive(Debug)]
pub enum Detached {}

impl Access for Exclusive {
    type Borrow<'a, A: 'a> = &'a mut A;
    const KIND: AccessKind = AccessKind::Exclusive;
}

impl Access for Shared {
    type Borrow<'a, A: 'a> = &'a A;
    const KIND: AccessKind = AccessKind::Shared;
}

impl Access for Detached {
    type Borrow<'a, A: 'a> = ();
    const KIND: AccessKind = AccessKind::Detached;
}

/// The parts of a `Result`, whatever alias it was written as. For code that the macros write.
pub trait TryParts {
    /// What it holds when it went well.
    type Output;
    /// What it holds when it did not.
    type Error;

    /// Returns the result with its types in sight.
    fn into_parts(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> TryParts for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_parts(self) -> Self {
        self
    }
}

/// The error of actions that have none of their own.
pub type NoError = Infallible;

impl fmt::Display for ActionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.owner, self.name)
    }
}
