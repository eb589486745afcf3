//! The launcher of agents on the manager's own node.

use std::io;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Launcher, Output, Running};
use crate::{Registry, Ticket};

/// Launches agents on the manager's own node, where they are as cheap as any.
///
/// There is no process or node between them and the manager: a launch takes microseconds, handles
/// are those of the node, and a failed agent restarts in its place, by its policy.
///
/// ```
/// use lyceum::manager::{Manager, OnNode, Registry};
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
/// let launcher = OnNode::new(Registry::default().with::<Counter>());
/// let manager = Manager::builder(&node).start(launcher).await?;
/// let counter: Handle<Counter> = manager.launch(&serde_json::json!({ "value": 3 })).await?;
/// assert_eq!(counter.add(2).await?, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OnNode {
    registry: Registry,
}

impl OnNode {
    /// Makes a launcher of these types.
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }
}

impl Launcher for OnNode {
    fn launch(&self, _: Ticket, _: Output) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        ready(Err(io::Error::other("its manager launches on its own node by itself"))).boxed()
    }

    fn registry(&self) -> Option<&Registry> {
        Some(&self.registry)
    }
}
