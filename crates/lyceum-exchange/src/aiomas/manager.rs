//! The manager of a node, as `aiomas.subproc` has it: others spawn agents, set the time, and stop.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_core::{Agent, AnyHandle, LaunchError, Node, Time};
use lyceum_wire::aiomas::{Deserializer, Handles, Value, ValueError};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::Exception;
use super::agents::Outcome;
use super::session::Session;
use crate::arguments::Arguments;

/// The id of a manager within its node.
pub(super) const MANAGER_AID: &str = "0";

/// The name of a manager within its node.
pub(super) const MANAGER_NAME: &str = "manager";

/// What a manager's type is called.
pub(super) const MANAGER_TYPE: &str = "Manager";

/// The agent `0` by which containers of aiomas spawn agents on a node, set its time and stop it.
///
/// It is what `aiomas.subproc.start` gives a container: `spawn(qualname, *args, **kwargs)` returns
/// a proxy and a URL, `set_time(t)` sets an external clock, and `stop()` ends it all. Names that
/// can be spawned are registered beforehand: nothing else can be. The node must not have an agent
/// yet, so that the id 0 is free.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum_exchange::aiomas::{AiomasExt, Manager};
///
/// # #[derive(Default)] struct House { rooms: u64 }
/// # #[agent] impl House { #[action] fn rooms(&self) -> u64 { self.rooms } }
/// # lyceum::block_on(async {
/// let manager = Manager::new().register("house:House", |mut spawn| async move {
///     let rooms = spawn.argument("rooms")?;
///     spawn.no_more_arguments()?;
///     spawn.launch(House { rooms }).await
/// });
/// let node = Node::builder().external_clock("2030-01-01T00:00:00Z".parse()?).build()?;
/// let stopped = manager.stopped();
/// node.listen_aiomas("aiomas+tcp://127.0.0.1:0").manager(manager).await?;
/// # if false {
/// stopped.await;
/// # }
/// node.shutdown().await;
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct Manager {
    constructors: BTreeMap<String, Box<Constructor>>,
    stop: watch::Sender<bool>,
}

type Constructor = dyn Fn(Spawn) -> BoxFuture<'static, Result<AnyHandle, Exception>> + Send + Sync;

/// What an agent is to be spawned from: arguments, and the node.
pub struct Spawn {
    node: Node,
    arguments: Arguments,
    session: Arc<Session>,
}

impl Default for Manager {
    fn default() -> Self {
        Self::new()
    }
}

impl Manager {
    /// Makes a manager that can spawn nothing.
    pub fn new() -> Self {
        Self { constructors: BTreeMap::new(), stop: watch::Sender::new(false) }
    }

    /// Lets others spawn an agent by a name, as Python has them: `module:Class`.
    pub fn register<F>(
        mut self,
        qualname: &str,
        constructor: impl Fn(Spawn) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<AnyHandle, Exception>> + Send + 'static,
    {
        let constructor = move |spawn| constructor(spawn).boxed();
        self.constructors.insert(qualname.into(), Box::new(constructor));
        self
    }

    /// Waits until somebody calls `stop`. The node goes on until it is shut down.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // A manager that is gone will not be asked any more.
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    }

    /// Begins a call of the manager.
    pub(super) fn call(
        self: Arc<Self>,
        method: &str,
        node: Node,
        session: Arc<Session>,
        arguments: Arguments,
    ) -> Result<Outcome, Exception> {
        let spawn = Spawn { node, arguments, session };
        Ok(match method {
            "spawn" => async move { self.spawn(spawn).await }.boxed(),
            "set_time" => async move { set_time(spawn).await }.boxed(),
            "stop" => async move {
                spawn.no_more_arguments()?;
                self.stop.send_replace(true);
                Ok(Value::Null)
            }
            .boxed(),
            other => {
                let place = format!("agents/{MANAGER_AID}");
                let name = other.split('/').next().unwrap_or_default();
                return Err(Exception::not_found(name, &place));
            }
        })
    }

    async fn spawn(&self, mut spawn: Spawn) -> Result<Value, Exception> {
        let qualname: String = spawn.argument("qualname")?;
        let constructor = self.constructors.get(&qualname).ok_or_else(|| {
            let names: Vec<&str> = self.constructors.keys().map(String::as_str).collect();
            let known = if names.is_empty() { "nothing".into() } else { names.join(", ") };
            let text = format!("\"{qualname}\" is not registered: this node can spawn {known}");
            Exception::new("LookupError", text)
        })?;
        let session = spawn.session.clone();
        // A panic ends nothing but this call; its text is about the inside of this side.
        let launched = AssertUnwindSafe(async { constructor(spawn).await }).catch_unwind().await;
        let panicked = |_| Exception::new("Panicked", "the constructor panicked");
        let agent = launched.map_err(panicked)??;
        let proxy = Handles::write(&*session, &agent.address().to_string())?;
        let url = session.own_url(&agent).map_or(Value::Null, Value::from);
        Ok(vec![proxy, url].into())
    }
}

/// Sets the time of the node's external clock, and waits until everybody is idle again.
async fn set_time(mut spawn: Spawn) -> Result<Value, Exception> {
    let seconds: f64 = spawn.argument("time")?;
    spawn.no_more_arguments()?;
    let time = Duration::try_from_secs_f64(seconds);
    let nanos = time.ok().and_then(|time| u64::try_from(time.as_nanos()).ok());
    let nanos = nanos
        .ok_or_else(|| Exception::new("ValueError", format!("cannot set the time to {seconds}")))?;
    let driver = spawn.node.clock_driver().ok_or_else(|| {
        Exception::new("TypeError", "the node's clock is not one that can be set")
    })?;
    driver.set(Time::from_nanos(nanos)).await;
    Ok(Value::Null)
}

impl Spawn {
    /// Returns the node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Takes the next argument: by position, or else by name. A proxy is a handle.
    ///
    /// # Errors
    ///
    /// Says, as Python does, that it is missing or given twice, or what was expected.
    pub fn argument<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Exception> {
        let value = self.take(name)?;
        value.ok_or_else(|| Exception::new("TypeError", format!("argument `{name}` is missing")))
    }

    /// Takes the next argument, which may be missing.
    ///
    /// # Errors
    ///
    /// As for [`argument`](Self::argument).
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Exception> {
        let wrong = |why: String| Exception::new("TypeError", format!("argument `{name}`: {why}"));
        let value = match self.arguments.take(name) {
            Ok(Some(value)) => value,
            Ok(None) => return Ok(None),
            Err(_) => return Err(wrong("given both by position and by name".into())),
        };
        let session = &*self.session;
        let read = || -> Result<T, ValueError> {
            T::deserialize(Deserializer::new(value, &session.profile.types).with_handles(session))
        };
        let read = match session.hub.upgrade() {
            Some(hub) => hub.door.reviving(read),
            None => read(),
        };
        read.map(Some).map_err(|error| wrong(error.to_string()))
    }

    /// Checks that no arguments are left.
    ///
    /// # Errors
    ///
    /// Says which one is.
    pub fn no_more_arguments(&self) -> Result<(), Exception> {
        self.arguments.surplus().map_or(Ok(()), |misfit| Err(misfit.into()))
    }

    /// Launches the agent.
    ///
    /// # Errors
    ///
    /// As any launch.
    pub async fn launch<A: Agent>(self, agent: A) -> Result<AnyHandle, Exception> {
        Ok(self.node.launch(agent).await?.any())
    }
}

impl From<LaunchError> for Exception {
    fn from(error: LaunchError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self::new("LaunchError", format!("{error}{}", cause.unwrap_or_default()))
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.constructors.keys()).finish()
    }
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn").field("node", &self.node).finish_non_exhaustive()
    }
}
