//! The types of agent that a program can launch.

mod nothing;

use std::collections::BTreeMap;
use std::fmt;
use std::future::{IntoFuture, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::exchange::Door;
use lyceum_core::{
    Agent, AnyHandle, BoxError, LaunchError, Node, OnFailure, Reservation, Value, full_text,
};
use lyceum_wire::{AgentDescription, AgentName};
use nothing::{NeedsMore, Nothing};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::ticket::Wanted;

/// A type of agent that is made from JSON arguments.
///
/// Types that can be deserialized are made from their JSON. Others say themselves what they are
/// made from:
///
/// ```
/// use lyceum::manager::Launchable;
/// use lyceum::prelude::*;
/// use lyceum::Value;
///
/// struct Clerk { desk: u64 }
///
/// #[agent]
/// impl Clerk {}
///
/// impl Launchable for Clerk {
///     fn from_json(arguments: Value) -> Result<Self, BoxError> {
///         Ok(Self { desk: arguments["desk"].as_u64().ok_or("expected the number of a desk")? })
///     }
/// }
/// ```
pub trait Launchable: Agent {
    /// Makes an agent of its arguments; null if there are none.
    ///
    /// # Errors
    ///
    /// Says what was expected.
    fn from_json(arguments: Value) -> Result<Self, BoxError>;

    /// Whether it is made from its JSON as any data is, which takes no time and touches nothing.
    #[doc(hidden)]
    const IS_DATA: bool = false;
}

impl<A: Agent + DeserializeOwned> Launchable for A {
    fn from_json(arguments: Value) -> Result<Self, BoxError> {
        // Who leaves the arguments out wants the defaults of all fields.
        let arguments = match arguments {
            Value::Null => match A::deserialize(Nothing) {
                Ok(made) => return Ok(made),
                Err(NeedsMore) => Value::Object(serde_json::Map::new()),
            },
            arguments => arguments,
        };
        Ok(serde_json::from_value(arguments)?)
    }

    const IS_DATA: bool = true;
}

/// The types of agent that a program can launch, by name. No other can be.
///
/// ```
/// use lyceum::manager::Registry;
/// use lyceum::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {}
///
/// let registry = Registry::default().with::<Counter>();
/// assert_eq!(registry.names(), ["Counter"]);
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Kind>,
}

#[derive(Clone, Copy)]
struct Kind {
    describe: fn() -> AgentDescription,
    /// In a place of its own, where all ends with it.
    launch: fn(&Node, &Wanted) -> Launching,
    /// Among others, where it restarts by itself.
    launch_here: fn(&Node, &Wanted) -> Launching,
    reserve: fn(&Node, &AgentName) -> Reserving,
    check: fn(Value) -> Result<(), BoxError>,
}

/// A launch under way.
pub(crate) type Launching = BoxFuture<'static, Result<AnyHandle, LaunchError>>;

/// A name that was reserved, or why not.
type Reserving = Result<Box<dyn Reserved>, LaunchError>;

/// An agent of any type that has a handle, and is launched later.
pub(crate) trait Reserved: Send {
    /// Returns the handle.
    fn handle(&self) -> AnyHandle;

    /// Launches the agent.
    fn launch(self: Box<Self>, node: &Node, wanted: &Wanted) -> Launching;
}

/// Says why a type was not launched.
#[derive(Debug, Error)]
pub(crate) enum RegistryError {
    #[error("cannot launch `{kind}`: this program has no such type, it has {known}")]
    Unknown { kind: String, known: String },
    #[error(transparent)]
    Launch(#[from] LaunchError),
}

impl Registry {
    /// Adds a type.
    ///
    /// # Panics
    ///
    /// If another type of that name is there: nobody could tell which one is meant.
    pub fn with<A: Launchable>(mut self) -> Self {
        let kind = Kind {
            describe: || A::BLUEPRINT.describe(),
            launch: launch::<A>,
            launch_here: launch_here::<A>,
            reserve: reserve::<A>,
            check: check::<A>,
        };
        let former = self.kinds.insert(A::NAME, kind);
        assert!(former.is_none(), "two types of agent named `{}` are registered", A::NAME);
        self
    }

    /// Returns the names of the types, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.keys().copied().collect()
    }

    /// Returns what a type can do.
    pub fn describe(&self, kind: &str) -> Option<AgentDescription> {
        Some((self.kinds.get(kind)?.describe)())
    }

    /// Says that there is no such type.
    pub(crate) fn unknown(&self, kind: &str) -> RegistryError {
        let known = match self.names() {
            names if names.is_empty() => "none".into(),
            names => names.join(", "),
        };
        RegistryError::Unknown { kind: kind.into(), known }
    }

    /// Launches an agent.
    pub(crate) async fn launch(
        &self,
        node: &Node,
        wanted: &Wanted,
    ) -> Result<AnyHandle, RegistryError> {
        let kind = self.kind(&wanted.kind)?;
        Ok((kind.launch)(node, wanted).await?)
    }

    /// Launches an agent among others, where it restarts by itself.
    ///
    /// # Errors
    ///
    /// There is no such type.
    pub(crate) fn launch_here(&self, node: &Node, wanted: &Wanted) -> Result<Launching, String> {
        let kind = self.kind(&wanted.kind).map_err(|error| error.to_string())?;
        Ok((kind.launch_here)(node, wanted))
    }

    /// Reserves a name for an agent of a type; says why that is not possible.
    pub(crate) fn reserve(
        &self,
        node: &Node,
        kind: &str,
        name: &AgentName,
    ) -> Result<Box<dyn Reserved>, String> {
        let kind = self.kind(kind).map_err(|error| error.to_string())?;
        (kind.reserve)(node, name).map_err(|error| full_text(&error))
    }

    /// Says what is wrong with the arguments of a type, as far as that can be said without making
    /// one; nothing of a type that is not known.
    pub(crate) fn check(&self, kind: &str, arguments: Value) -> Result<(), String> {
        match self.kinds.get(kind) {
            Some(kind) => (kind.check)(arguments).map_err(|error| full_text(&*error)),
            None => Ok(()),
        }
    }

    fn kind(&self, kind: &str) -> Result<&Kind, RegistryError> {
        self.kinds.get(kind).ok_or_else(|| self.unknown(kind))
    }
}

fn launch<A: Launchable>(node: &Node, wanted: &Wanted) -> Launching {
    let arguments = wanted.arguments.clone();
    let launch = node.launch_with(move || A::from_json(arguments.clone()));
    let launch = launch.named(wanted.name.as_str());
    let launch = if wanted.restart.is_some() {
        // Its process is started again, with all that belongs to it.
        launch.on_panic(OnFailure::Stop).on_error(OnFailure::Stop)
    } else {
        launch
    };
    async move { Ok(launch.await?.any()) }.boxed()
}

fn launch_here<A: Launchable>(node: &Node, wanted: &Wanted) -> Launching {
    let (arguments, restart) = (wanted.arguments.clone(), wanted.restart);
    if !A::IS_DATA {
        let launch = node.launch_with(move || A::from_json(arguments.clone()));
        let launch = launch.named(wanted.name.as_str());
        let launch = match restart {
            Some(policy) => launch.restart(policy),
            None => launch,
        };
        return async move { Ok(launch.await?.any()) }.boxed();
    }
    let made = Door::of(node).reviving(|| A::from_json(arguments.clone()));
    let state = match made {
        Ok(state) => state,
        Err(cause) => return unmade::<A>(cause),
    };
    let launch = node.launch(state).named(wanted.name.as_str());
    let launch = match restart {
        Some(policy) => launch.restart_with(policy, move || A::from_json(arguments.clone())),
        None => launch,
    };
    let launching = launch.into_future();
    async move { Ok(launching.await?.any()) }.boxed()
}

/// Says that no agent can be made.
fn unmade<A: Launchable>(cause: BoxError) -> Launching {
    ready(Err(LaunchError::Start { agent: A::NAME, cause })).boxed()
}

fn reserve<A: Launchable>(node: &Node, name: &AgentName) -> Reserving {
    Ok(Box::new(node.reserve::<A>(name.as_str())?))
}

impl<A: Launchable> Reserved for Reservation<A> {
    fn handle(&self) -> AnyHandle {
        Self::handle(self).any()
    }

    fn launch(self: Box<Self>, node: &Node, wanted: &Wanted) -> Launching {
        let (arguments, restart) = (wanted.arguments.clone(), wanted.restart);
        let launch = if A::IS_DATA {
            let state = match Door::of(node).reviving(|| A::from_json(arguments.clone())) {
                Ok(state) => state,
                Err(cause) => return unmade::<A>(cause),
            };
            let reserved = match restart {
                Some(policy) => self.restart_with(policy, move || A::from_json(arguments.clone())),
                None => *self,
            };
            reserved.launch(state)
        } else {
            let reserved = match restart {
                Some(policy) => self.restart(policy),
                None => *self,
            };
            reserved.launch_with(move || A::from_json(arguments.clone()))
        };
        async move { Ok(launch.await?.any()) }.boxed()
    }
}

fn check<A: Launchable>(arguments: Value) -> Result<(), BoxError> {
    if A::IS_DATA { A::from_json(arguments).map(drop) } else { Ok(()) }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.names()).finish()
    }
}
