//! Agents: what the macros make of a type, so that a node can host it.

mod names;

use std::any::{Any, TypeId};
use std::fmt;

use futures_util::future::BoxFuture;
use lyceum_wire::AgentDescription;
use schemars::SchemaGenerator;

use crate::behaviour::BehaviourEntry;
use crate::topic::Subscription;
use crate::{BoxError, Context, Recipient, Route};

/// What a handle can lead to: a type of agent, or `dyn Interface`.
///
/// Not `'static`, so that a future may hold a `Handle<dyn Interface>` over an await: the compiler
/// checks that it is `Send` for `dyn Interface` of any lifetime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no agent",
    label = "no agent, and no interface",
    note = "an agent has an `impl` block with `#[agent]`; an interface is a trait with \
            `#[agent(interface)]`, and stands here as `dyn Interface`"
)]
pub trait Target {
    /// The typed client that `Handle<Self>` derefs to.
    type Actions: Client;
    /// The name of the type or interface.
    const NAME: &'static str;
}

/// A typed client: a wrapper of a reference that the macros write the methods for.
pub trait Client: Send + Sync + 'static {
    /// Wraps a reference.
    fn wrap(target: Recipient) -> Self;
    /// Returns the wrapped reference.
    fn target(&self) -> &Recipient;
}

/// A type with state, actions and behaviours. Implemented by `#[agent]`.
///
/// ```
/// use lyceum::prelude::*;
///
/// #[derive(Default)]
/// struct Greeter;
///
/// #[agent]
/// impl Greeter {
///     #[action]
///     fn greet(&self, name: String) -> String {
///         format!("hello, {name}")
///     }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let greeter = node.launch(Greeter).await?;
/// assert_eq!(greeter.greet("Ada".into()).await?, "hello, Ada");
/// # Ok::<(), lyceum::Error>(())
/// # }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no agent",
    label = "no agent",
    note = "an agent has an `impl` block with `#[agent]`"
)]
pub trait Agent: Target + Sized + Send + 'static {
    /// Everything that nodes and doors need to know of the type.
    const BLUEPRINT: Blueprint<Self>;
}

/// Everything that nodes and doors need to know of a type of agent.
pub struct Blueprint<A: Agent> {
    /// The doc text of the agent's block.
    pub doc: &'static str,
    /// Its actions, by name, for callers without the type.
    pub routes: &'static [Route],
    /// Its subscriptions to topics.
    pub subscriptions: &'static [Subscription],
    /// Its behaviours.
    pub behaviours: &'static [BehaviourEntry<A>],
    /// The interfaces that it implements.
    pub interfaces: &'static [InterfaceEntry<A>],
    /// What runs before the first message.
    pub on_start: Option<StartHook<A>>,
    /// What runs after the last message.
    pub on_stop: Option<StopHook<A>>,
    /// How the agent lives in a universe, step by step; the core does not look into it.
    pub stepped: Option<&'static (dyn Any + Send + Sync)>,
}

/// What runs before an agent's first message; an error makes the launch fail.
pub type StartHook<A> =
    for<'a> fn(&'a mut A, &'a Context<A>) -> BoxFuture<'a, Result<(), BoxError>>;

/// What runs after an agent's last message; an error is logged.
pub type StopHook<A> = StartHook<A>;

/// What an agent offers under one interface. Made by the interface's macro.
pub struct InterfaceEntry<A: Agent> {
    /// Identifies the interface: the type of its client.
    pub id: TypeId,
    /// The interface's name.
    pub name: &'static str,
    /// How the agent takes the interface's messages: the macro's own table type.
    pub table: &'static (dyn Any + Send + Sync),
    /// The interface's actions, by name.
    pub routes: &'static [Route],
    /// The interface's subscriptions.
    pub subscriptions: &'static [Subscription],
    /// The interface's behaviours.
    pub behaviours: &'static [BehaviourEntry<A>],
}

impl<A: Agent> Blueprint<A> {
    /// A blueprint of an agent that can do nothing yet.
    pub const EMPTY: Self = Self {
        doc: "",
        routes: &[],
        subscriptions: &[],
        behaviours: &[],
        interfaces: &[],
        on_start: None,
        on_stop: None,
        stepped: None,
    };

    /// Returns all routes, the agent's own before its interfaces'.
    pub fn all_routes(&self) -> impl Iterator<Item = &'static Route> {
        let interfaces = self.interfaces.iter().flat_map(|interface| interface.routes);
        self.routes.iter().chain(interfaces)
    }

    /// Returns all subscriptions, the agent's own before its interfaces'.
    pub fn all_subscriptions(&self) -> impl Iterator<Item = &'static Subscription> {
        let interfaces = self.interfaces.iter().flat_map(|interface| interface.subscriptions);
        self.subscriptions.iter().chain(interfaces)
    }

    /// Returns all behaviours, the agent's own before its interfaces'.
    pub fn all_behaviours(&self) -> impl Iterator<Item = &'static BehaviourEntry<A>> {
        let interfaces = self.interfaces.iter().flat_map(|interface| interface.behaviours);
        self.behaviours.iter().chain(interfaces)
    }

    /// Builds the description that every door is made from.
    pub fn describe(&self) -> AgentDescription {
        let mut schemas = SchemaGenerator::default();
        let mut description = AgentDescription::new(A::NAME, self.doc);
        description.actions =
            self.all_routes().map(|route| (route.describe)(&mut schemas)).collect();
        description.topics = self.all_subscriptions().map(Subscription::describe).collect();
        description.behaviours = self.all_behaviours().map(BehaviourEntry::describe).collect();
        description.interfaces = self.interfaces.iter().map(|entry| entry.name.into()).collect();
        description
    }
}

impl<A: Agent> fmt::Debug for Blueprint<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blueprint").field("agent", &A::NAME).finish_non_exhaustive()
    }
}

impl<A: Agent> fmt::Debug for InterfaceEntry<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterfaceEntry").field("name", &self.name).finish_non_exhaustive()
    }
}
