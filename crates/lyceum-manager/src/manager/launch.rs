//! Launching an agent by a manager.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::{Agent, AnyHandle, Handle, Restart, Value};
use lyceum_wire::{AddressError, Endpoint};
use thiserror::Error;

use super::child::{Child, Seat};
use super::site::{DEFAULT, Site};
use super::table::CHILD_LIMIT;
use super::{Children, Manager};
use crate::launcher::Place;
use crate::registry::Reserved;
use crate::ticket::{MailboxAt, Wanted};

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
    launcher: Option<String>,
    terms: Terms,
    handle: PhantomData<fn() -> H>,
}

/// How an agent is looked after.
#[derive(Clone, Default)]
pub(super) struct Terms {
    pub(super) restart: Option<Restart>,
    pub(super) retries: u32,
    pub(super) ready: Option<String>,
    pub(super) mailbox: Option<MailboxAt>,
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
    /// No launcher goes by the name.
    #[error("cannot launch {kind}: the manager has no launcher `{launcher}`, it has {known}")]
    Launcher {
        /// The agent's type.
        kind: String,
        /// The name.
        launcher: String,
        /// Which ones there are.
        known: String,
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

impl StartError {
    /// Says why an agent did not start.
    pub(super) fn of(child: &Child, why: String) -> Self {
        Self::Start { kind: child.kind.clone(), name: child.name.to_string(), why }
    }
}

impl<H> LaunchChild<H> {
    pub(super) fn of_kind(manager: &Manager, kind: &str, arguments: Value) -> Self {
        Self {
            children: manager.shared.children.clone(),
            kind: kind.into(),
            arguments: Ok(arguments),
            name: None,
            launcher: None,
            terms: Terms::default(),
            handle: PhantomData,
        }
    }

    /// Gives the agent a name, unique among those of the manager; its type with a number unless
    /// set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Uses the launcher of that name, rather than the one that the manager was
    /// [started](super::ManagerBuilder::start) with.
    pub fn on(mut self, launcher: impl Into<String>) -> Self {
        self.launcher = Some(launcher.into());
        self
    }

    /// Starts the agent again, in a new process, after its process ended by itself, gave no sign of
    /// life, or the agent failed. Each start counts, also one that fails.
    pub fn restart(mut self, policy: Restart) -> Self {
        self.terms.restart = Some(policy);
        self
    }

    /// Tries the first start again so often if it fails; not unless set. Pauses are those of the
    /// restart policy.
    pub fn retries(mut self, times: u32) -> Self {
        self.terms.retries = times;
        self
    }

    /// Takes the agent for ready once it has answered this action, which takes no arguments, and
    /// not with `false`; as soon as it has started unless set.
    pub fn ready_by(mut self, action: impl Into<String>) -> Self {
        self.terms.ready = Some(action.into());
        self
    }

    /// Gives the agent a mailbox on an exchange, which it has again after each restart: messages
    /// wait there meanwhile.
    pub fn mailbox(mut self, mailbox: MailboxAt) -> Self {
        self.terms.mailbox = Some(mailbox);
        self
    }

    async fn start(self) -> Result<AnyHandle, StartError> {
        let kind = self.kind;
        let arguments = match self.arguments {
            Ok(arguments) => arguments,
            Err(cause) => return Err(StartError::Arguments { kind, cause }),
        };
        let child = self.children.enlist(&kind, self.name.as_deref(), self.launcher.as_deref())?;
        self.children.begin(&child, arguments, self.terms, None);
        child.came_up().await.map_err(|why| StartError::of(&child, why))?;
        let gone = || StartError::of(&child, "its node has ended".into());
        self.children.revive(&child).ok_or_else(gone)
    }
}

impl Children {
    /// Takes an agent in that is not launched yet.
    pub(super) fn enlist(
        &self,
        kind: &str,
        name: Option<&str>,
        launcher: Option<&str>,
    ) -> Result<Arc<Child>, StartError> {
        let site = self.site(kind, launcher)?;
        let mut table = self.table();
        let (number, name) = table.admit(kind, name)?;
        let seat = match site.launcher.registry() {
            Some(_) => Seat::Here(OnceLock::new()),
            None => Seat::elsewhere(self.socket(site, number)),
        };
        let child = Arc::new(Child::new(name, kind.into(), number, site.name.clone(), seat));
        let former = table.insert(&child, None);
        drop(table);
        drop(former);
        Ok(child)
    }

    fn site(&self, kind: &str, launcher: Option<&str>) -> Result<&Arc<Site>, StartError> {
        let name = launcher.unwrap_or(DEFAULT);
        self.sites.get(name).ok_or_else(|| {
            let known: Vec<_> = self.sites.keys().map(String::as_str).collect();
            StartError::Launcher {
                kind: kind.into(),
                launcher: name.into(),
                known: known.join(", "),
            }
        })
    }

    /// Returns the launcher of a child.
    pub(super) fn site_of(&self, child: &Child) -> &Arc<Site> {
        self.sites
            .get(&*child.launcher)
            .expect("a child is only taken in for a launcher that is there")
    }

    /// Returns where the node of a child of this number listens, if the manager can say so.
    pub(super) fn socket(&self, site: &Site, number: u64) -> Option<Endpoint> {
        match site.launcher.place() {
            Place::Here => {
                let socket = self.directory.join(number.to_string());
                let endpoint = Endpoint::new("unix", &socket.display().to_string());
                Some(endpoint.expect("the manager listens in that directory"))
            }
            Place::Elsewhere => None,
        }
    }

    /// Begins to look after an agent that was taken in.
    pub(super) fn begin(
        self: &Arc<Self>,
        child: &Arc<Child>,
        arguments: Value,
        terms: Terms,
        reserved: Option<Box<dyn Reserved>>,
    ) {
        self.describe(child, arguments, terms);
        self.clone().begin_life(child, reserved);
    }

    /// Says what an agent that was taken in is made from.
    pub(super) fn describe(&self, child: &Child, arguments: Value, terms: Terms) {
        let Terms { restart, retries, ready, mailbox } = terms;
        let (kind, name) = (child.kind.clone(), child.name.clone());
        let mailbox = mailbox.map(|mailbox| self.numbered(&name, mailbox));
        child.want(Wanted { kind, arguments, name, restart, retries, ready, mailbox });
    }

    /// Begins to look after an agent of which it is known what it is made from.
    pub(super) fn begin_life(
        self: Arc<Self>,
        child: &Arc<Child>,
        reserved: Option<Box<dyn Reserved>>,
    ) {
        if child.has_ended() {
            return;
        }
        let life = match child.seat {
            Seat::Here(_) => self.node.spawn(self.clone().look_after_here(child.clone(), reserved)),
            Seat::Elsewhere { .. } => self.node.spawn(self.clone().look_after(child.clone(), None)),
        };
        self.table().look_after(child, life);
    }
}

impl<A: Agent> LaunchChild<Handle<A>> {
    pub(super) fn new(manager: &Manager, arguments: serde_json::Result<Value>) -> Self {
        let launch = Self::of_kind(manager, A::NAME, Value::Null);
        Self { arguments, ..launch }
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
