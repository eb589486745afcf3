//! The manager: starts agents by launchers, watches them, restarts and stops them.

mod adoption;
mod batch;
mod builder;
mod child;
mod directory;
mod exchange;
mod handing;
mod health;
mod here;
mod launch;
mod life;
mod outside;
mod post;
mod record;
mod site;
mod table;
mod waiting;
mod watched;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

pub use batch::Batch;
pub use builder::{ManagerBuilder, ManagerError};
use child::{Child, Order};
use directory::Open;
use futures_util::future::join_all;
pub use health::{Health, State};
pub use launch::{LaunchChild, StartError};
use lyceum_core::{Agent, AnyHandle, Handle, Node, Task, Value};
use lyceum_exchange::Network;
use lyceum_wire::{Address, AgentName};
use record::Keeper;
pub use site::Limits;
use site::Site;
use table::Table;
pub use waiting::{Gone, Wait, Waited};

use crate::launcher::output::Take;

/// Starts agents by launchers, watches them, and restarts them by their policy.
///
/// All clones are one manager. With the last one, its agents end at once, but for those that were
/// started to outlive it.
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
    /// What writes down which agents there are.
    _keeping: Option<Task<()>>,
    /// What tells agents on other machines where others are.
    _directory: Option<Open>,
}

/// The agents that a manager looks after, and what all of them need.
struct Children {
    node: Node,
    network: Weak<Network>,
    /// The launchers by name; there is one called `default`.
    sites: BTreeMap<String, Arc<Site>>,
    directory: PathBuf,
    /// How the agent is called that knows where others are, if there is one.
    directory_name: Option<AgentName>,
    address: Address,
    /// The same for who is elsewhere.
    outside: Option<Address>,
    token: Option<String>,
    heartbeat: Duration,
    grace: Duration,
    start_limit: Duration,
    take: Take,
    table: Mutex<Table>,
    /// What remembers the agents for the next manager.
    keeper: Option<Keeper>,
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

    /// Begins a batch: agents that start together, and may know each other before.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.shared.children)
    }

    /// Begins to wait for the end of agents; of all unless some are named.
    pub fn wait(&self) -> Wait {
        Wait::new(&self.shared.children)
    }

    /// Returns the manager's node.
    pub fn node(&self) -> &Node {
        &self.shared.children.node
    }

    /// Returns the handle of an agent that was not gone when this was asked; `None` if there is
    /// none of that name and type.
    pub fn find<A: Agent>(&self, name: &str) -> Option<Handle<A>> {
        let is_one = self.child(name)?.kind == A::NAME;
        self.find_any(name).filter(|_| is_one)?.downcast().ok()
    }

    /// Returns the handle of an agent of any type that was not gone when this was asked.
    pub fn find_any(&self, name: &str) -> Option<AnyHandle> {
        let child = self.child(name).filter(|child| !child.has_ended())?;
        self.shared.children.revive(&child)
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

    /// Waits until an agent is ready; `None` if the name is not known.
    ///
    /// # Errors
    ///
    /// Says why the agent is gone for good.
    pub async fn ready(&self, name: &str) -> Option<Result<(), StartError>> {
        let child = self.child(name)?;
        Some(child.up().await.map(drop).map_err(|why| StartError::of(&child, why)))
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
        Some(self.child(name)?.ended().await.why().into())
    }

    /// Stops all agents at once, and launches no more. The node goes on.
    pub async fn shutdown(&self) {
        self.shared.children.close().await;
    }

    fn child(&self, name: &str) -> Option<Arc<Child>> {
        let name: AgentName = name.parse().ok()?;
        self.shared.children.table().named(&name)
    }
}

impl Children {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Child>> {
        self.table().all()
    }

    async fn close(&self) {
        self.table().close();
        let children = self.all();
        for child in &children {
            if child.wanted().is_none() {
                child.abandon("its batch never started");
            }
            child.order(Order::Stop);
        }
        join_all(children.iter().map(|child| child.ended())).await;
        self.remember().await;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let children = {
            let mut table = self.children.table();
            table.close();
            table.take()
        };
        // After the lock: what looked after them ends them, which ends their own things.
        children.iter().for_each(|entry| entry.child.abandon("its manager is gone"));
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        if self.keeper.is_none() {
            // Somebody may have removed it already.
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children = self.shared.children.all().len();
        f.debug_struct("Manager").field("children", &children).finish_non_exhaustive()
    }
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children").field("sites", &self.sites).finish_non_exhaustive()
    }
}
