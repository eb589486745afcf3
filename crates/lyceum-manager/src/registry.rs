//! The types of agent that a program can launch.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::{Agent, AnyHandle, BoxError, LaunchError, Node, OnFailure, Value};
use lyceum_wire::AgentDescription;
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
}

impl<A: Agent + DeserializeOwned> Launchable for A {
    fn from_json(arguments: Value) -> Result<Self, BoxError> {
        // Who leaves the arguments out wants the defaults of all fields.
        let arguments = match arguments {
            Value::Null if serde_json::from_value::<A>(Value::Null).is_err() => {
                Value::Object(serde_json::Map::new())
            }
            arguments => arguments,
        };
        Ok(serde_json::from_value(arguments)?)
    }
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
    launch: fn(&Node, &Wanted) -> BoxFuture<'static, Result<AnyHandle, LaunchError>>,
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
        let kind = Kind { describe: || A::BLUEPRINT.describe(), launch: launch::<A> };
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
        let kind = self.kinds.get(wanted.kind.as_str());
        let kind = kind.ok_or_else(|| self.unknown(&wanted.kind))?;
        Ok((kind.launch)(node, wanted).await?)
    }
}

fn launch<A: Launchable>(
    node: &Node,
    wanted: &Wanted,
) -> BoxFuture<'static, Result<AnyHandle, LaunchError>> {
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

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.names()).finish()
    }
}
