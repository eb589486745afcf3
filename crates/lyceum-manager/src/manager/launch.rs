//! Launching an agent by a manager.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::{Agent, AnyHandle, Handle, Restart, Value};
use lyceum_wire::{AddressError, AgentName, Endpoint};
use thiserror::Error;

use super::child::Child;
use super::{CHILD_LIMIT, Children, Entry, Manager, Table};
use crate::launcher::Place;
use crate::ticket::Wanted;

/// An agent that is about to be launched; await it for the handle, which is an [`AnyHandle`] if
/// its type is only known by name.
///
/// # Cancel safety
///
/// Once polled, the launch goes on even if the future is dropped.
#[must_use = "an agent is launched when this is awaited"]
pub struct LaunchChild<H> {
    children: Arc<Children>,
    kind: String,
    arguments: serde_json::Result<Value>,
    name: Option<String>,
    restart: Option<Restart>,
    handle: PhantomData<fn() -> H>,
}

/// Says why an agent was not launched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The name cannot be used.
    #[error("cannot launch {kind}")]
    Name {
        /// The agent's type.
        kind: String,
        /// What is wrong with the name.
        #[source]
        cause: AddressError,
    },
    /// Another agent goes by the name.
    #[error("cannot launch {kind}: the name `{name}` is taken by another agent of this manager")]
    NameTaken {
        /// The agent's type.
        kind: String,
        /// The name.
        name: String,
    },
    /// The arguments have no form as JSON.
    #[error("cannot launch {kind}: its arguments cannot be written as JSON")]
    Arguments {
        /// The agent's type.
        kind: String,
        /// Why not.
        #[source]
        cause: serde_json::Error,
    },
    /// There are too many agents.
    #[error("cannot launch {kind}: the manager looks after {CHILD_LIMIT} agents already")]
    TooMany {
        /// The agent's type.
        kind: String,
    },
    /// The manager was shut down.
    #[error("cannot launch {kind}: the manager has been shut down")]
    Closed {
        /// The agent's type.
        kind: String,
    },
    /// It did not start.
    #[error("cannot launch {kind} as `{name}`: {why}")]
    Start {
        /// The agent's type.
        kind: String,
        /// Its name.
        name: String,
        /// What it said, or how its process ended.
        why: String,
    },
}

impl<H> LaunchChild<H> {
    pub(super) fn of_kind(manager: &Manager, kind: &str, arguments: Value) -> Self {
        Self {
            children: manager.shared.children.clone(),
            kind: kind.into(),
            arguments: Ok(arguments),
            name: None,
            restart: None,
            handle: PhantomData,
        }
    }

    /// Gives the agent a name, unique among those of the manager; its type with a number unless
    /// set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Starts the agent again, in a new process, after its process ended by itself, gave no sign of
    /// life, or the agent failed. Each start counts, also one that fails.
    pub fn restart(mut self, policy: Restart) -> Self {
        self.restart = Some(policy);
        self
    }

    async fn start(self) -> Result<AnyHandle, StartError> {
        let kind = self.kind;
        let arguments = match self.arguments {
            Ok(arguments) => arguments,
            Err(cause) => return Err(StartError::Arguments { kind, cause }),
        };
        let child = {
            let mut table = self.children.table();
            table.admit(&kind)?;
            table.launched += 1;
            let name = name(&table, &kind, self.name)?;
            let endpoint = self.children.socket(table.launched);
            let wanted = Wanted { kind, arguments, name: name.clone(), restart: self.restart };
            let child = Arc::new(Child::new(wanted, endpoint, table.launched));
            let life = self.children.clone().look_after(child.clone());
            let entry = Entry { child: child.clone(), _life: self.children.node.spawn(life) };
            let former = table.children.insert(name, entry);
            drop(table);
            drop(former);
            child
        };
        let failed = |why| {
            let (kind, name) = (child.wanted.kind.clone(), child.wanted.name.to_string());
            StartError::Start { kind, name, why }
        };
        child.up().await.map_err(failed)?;
        self.children.revive(&child).ok_or_else(|| failed("its node has ended".into()))
    }
}

impl Children {
    /// Returns where the node of a child of this number listens, if the manager can say so.
    fn socket(&self, number: u64) -> Option<Endpoint> {
        match self.launcher.place() {
            Place::Here => {
                let socket = self.directory.join(number.to_string());
                let endpoint = Endpoint::new("unix", &socket.display().to_string());
                Some(endpoint.expect("the manager listens in that directory"))
            }
            Place::Elsewhere => None,
        }
    }
}

impl<A: Agent> LaunchChild<Handle<A>> {
    pub(super) fn new(manager: &Manager, arguments: serde_json::Result<Value>) -> Self {
        let launch = Self::of_kind(manager, A::NAME, Value::Null);
        Self { arguments, ..launch }
    }
}

impl Table {
    /// Says whether one more agent can be looked after; forgets one that ended for it.
    fn admit(&mut self, kind: &str) -> Result<(), StartError> {
        if self.closed {
            return Err(StartError::Closed { kind: kind.into() });
        }
        if self.children.len() < CHILD_LIMIT {
            return Ok(());
        }
        let ended = self.children.values().filter(|entry| entry.child.has_ended());
        let oldest = ended.min_by_key(|entry| entry.child.number);
        let Some(oldest) = oldest.map(|entry| entry.child.wanted.name.clone()) else {
            return Err(StartError::TooMany { kind: kind.into() });
        };
        self.children.remove(&oldest);
        Ok(())
    }
}

/// Returns the name of a new agent, which no other one that lives has.
fn name(table: &Table, kind: &str, wanted: Option<String>) -> Result<AgentName, StartError> {
    let number = table.launched;
    let wanted = wanted.unwrap_or_else(|| format!("{}-{number}", kind.to_lowercase()));
    let name: AgentName =
        wanted.parse().map_err(|cause| StartError::Name { kind: kind.into(), cause })?;
    match table.children.get(&name) {
        Some(entry) if !entry.child.has_ended() => {
            Err(StartError::NameTaken { kind: kind.into(), name: name.to_string() })
        }
        _ => Ok(name),
    }
}

impl<A: Agent> IntoFuture for LaunchChild<Handle<A>> {
    type Output = Result<Handle<A>, StartError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let agent = self.start().await?;
            Ok(agent.downcast().expect("the type of an agent elsewhere is taken on trust"))
        }
        .boxed()
    }
}

impl IntoFuture for LaunchChild<AnyHandle> {
    type Output = Result<AnyHandle, StartError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.start().boxed()
    }
}

impl<H> fmt::Debug for LaunchChild<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LaunchChild").field("kind", &self.kind).finish_non_exhaustive()
    }
}
