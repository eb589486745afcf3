//! The manager: starts agents by a launcher, watches them, restarts and stops them.

mod builder;
mod child;
mod exchange;
mod health;
mod launch;
mod life;
mod post;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

pub use builder::{ManagerBuilder, ManagerError};
use child::{Child, Order};
use futures_util::future::join_all;
pub use health::{Health, State};
pub use launch::{LaunchChild, StartError};
use lyceum_core::{Agent, AnyHandle, Handle, Node, Task, Value};
use lyceum_exchange::Network;
use lyceum_wire::{Address, AgentName};

use crate::launcher::Launcher;
use crate::launcher::output::Take;

/// How many agents a manager looks after; of those that ended, the oldest are forgotten.
const CHILD_LIMIT: usize = 1000;

/// Starts agents by a launcher, watches them, and restarts them by their policy.
///
/// All clones are one manager. With the last one, its agents end at once.
///
/// ```
/// use lyceum::manager::{InProcess, Manager, Registry};
/// use lyceum::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {
///     #[action]
///     fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> lyceum::Result<()> {
/// let node = Node::local();
/// // `ChildProcess::new()` in a program whose `main` is made by `lyceum::main!`.
/// let launcher = InProcess::new(Registry::default().with::<Counter>());
/// let manager = Manager::builder(&node).start(launcher).await?;
///
/// let counter: Handle<Counter> = manager.launch(&serde_json::json!({ "value": 3 })).await?;
/// assert_eq!(counter.add(2).await?, 5);
/// manager.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Manager {
    shared: Arc<Shared>,
}

struct Shared {
    children: Arc<Children>,
    /// What takes the reports of children; dropped with the manager.
    _post: Task<()>,
}

/// The agents that a manager looks after, and what all of them need.
struct Children {
    node: Node,
    network: Weak<Network>,
    launcher: Box<dyn Launcher>,
    directory: PathBuf,
    address: Address,
    /// The same for who is elsewhere.
    outside: Option<Address>,
    token: Option<String>,
    heartbeat: Duration,
    grace: Duration,
    start_limit: Duration,
    take: Take,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    children: BTreeMap<AgentName, Entry>,
    /// How many were launched, for their sockets and names.
    launched: u64,
    closed: bool,
}

struct Entry {
    child: Arc<Child>,
    /// What looks after it; dropping it ends the child at once.
    _life: Task<()>,
}

impl Manager {
    /// Begins to make a manager for a node.
    pub fn builder(node: &Node) -> ManagerBuilder {
        ManagerBuilder::new(node)
    }

    /// Launches an agent from what it is made of; await it for the handle.
    ///
    /// The handle is as any other, and stays valid over restarts. Messages sent meanwhile wait.
    pub fn launch<A: Agent>(&self, arguments: &impl serde::Serialize) -> LaunchChild<Handle<A>> {
        LaunchChild::new(self, serde_json::to_value(arguments))
    }

    /// Launches an agent of a type that is only known by its name.
    pub fn launch_any(&self, kind: &str, arguments: Value) -> LaunchChild<AnyHandle> {
        LaunchChild::of_kind(self, kind, arguments)
    }

    /// Returns the manager's node.
    pub fn node(&self) -> &Node {
        &self.shared.children.node
    }

    /// Returns what there is to know of all agents, by name; those that ended are among them.
    pub fn list(&self) -> Vec<Health> {
        self.shared.children.all().iter().map(|child| child.health()).collect()
    }

    /// Returns what there is to know of an agent, and asks it for a sign of life.
    pub async fn health(&self, name: &str) -> Option<Health> {
        let child = self.child(name)?;
        let ping = self.shared.children.ping(&child).await;
        Some(Health { ping, ..child.health() })
    }

    /// Asks an agent to finish what it has begun, ends it after the grace time at the latest, and
    /// waits for that; it is not restarted. False if there is none of that name any more.
    ///
    /// # Cancel safety
    ///
    /// It ends whether or not this is awaited to the end.
    pub async fn stop(&self, name: &str) -> bool {
        self.order(name, Order::Stop).await
    }

    /// Ends an agent at once, and waits for that; it is not restarted. False if there is none of
    /// that name any more.
    ///
    /// # Cancel safety
    ///
    /// It ends whether or not this is awaited to the end.
    pub async fn kill(&self, name: &str) -> bool {
        self.order(name, Order::Kill).await
    }

    async fn order(&self, name: &str, order: Order) -> bool {
        let Some(child) = self.child(name).filter(|child| !child.has_ended()) else {
            return false;
        };
        child.order(order);
        child.ended().await;
        true
    }

    /// Waits until an agent is gone for good, and returns why; `None` if the name is not known.
    pub async fn ended(&self, name: &str) -> Option<String> {
        Some(self.child(name)?.ended().await)
    }

    /// Stops all agents at once, and launches no more. The node goes on.
    pub async fn shutdown(&self) {
        self.shared.children.close().await;
    }

    fn child(&self, name: &str) -> Option<Arc<Child>> {
        let name: AgentName = name.parse().ok()?;
        self.shared.children.table().children.get(&name).map(|entry| entry.child.clone())
    }
}

impl Children {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Child>> {
        self.table().children.values().map(|entry| entry.child.clone()).collect()
    }

    async fn close(&self) {
        self.table().closed = true;
        let children = self.all();
        children.iter().for_each(|child| child.order(Order::Stop));
        join_all(children.iter().map(|child| child.ended())).await;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let mut table = self.children.table();
        table.closed = true;
        // Dropped after the lock: they end their children, which end their own things.
        let children = std::mem::take(&mut table.children);
        drop(table);
        children.values().for_each(|entry| entry.child.abandon("its manager is gone"));
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children = self.shared.children.table().children.len();
        f.debug_struct("Manager").field("children", &children).finish_non_exhaustive()
    }
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children").field("launcher", &self.launcher).finish_non_exhaustive()
    }
}
