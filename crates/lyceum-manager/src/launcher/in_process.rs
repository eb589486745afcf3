//! The launcher of agents in this process, each on a node of its own.

use std::io;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture, Shared};
use lyceum_core::{Node, full_text};
use tokio::sync::Notify;

use super::{Exit, Launcher, Output, Running};
use crate::serve::serve;
use crate::{Registry, Ticket};

/// Launches each agent in this process, on a node of its own.
///
/// All else is as with child processes, but for what only a process can do: die of a signal, and
/// print for itself.
///
/// ```
/// use lyceum::manager::{InProcess, Registry};
///
/// let launcher = InProcess::new(Registry::default());
/// # let _ = launcher;
/// ```
#[derive(Debug)]
pub struct InProcess {
    registry: Registry,
}

#[derive(Debug)]
struct Inside {
    node: Node,
    order: Arc<Notify>,
    abort: AbortHandle,
    exit: Shared<BoxFuture<'static, Exit>>,
}

impl InProcess {
    /// Makes a launcher of these types.
    pub fn new(registry: Registry) -> Self {
        Self { registry }
    }
}

impl Launcher for InProcess {
    fn launch(
        &self,
        ticket: Ticket,
        _: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let registry = self.registry.clone();
        async move {
            let node = Node::builder().build().map_err(io::Error::other)?;
            let order = Arc::new(Notify::new());
            let (abort, registration) = AbortHandle::new_pair();
            let (host, ordered) = (node.clone(), order.clone());
            let serving = async move {
                let served = serve(&registry, &ticket, &host, ordered.notified()).await;
                host.shutdown().await;
                match served {
                    Ok(()) => Exit::Done,
                    Err(error) => Exit::Failed(full_text(&error)),
                }
            };
            let serving = Abortable::new(serving, registration);
            let killed = || Exit::Failed("it was killed".into());
            let exit = async move { serving.await.unwrap_or_else(|_| killed()) };
            Ok(Box::new(Inside { node, order, abort, exit: exit.boxed().shared() }) as _)
        }
        .boxed()
    }
}

impl Running for Inside {
    fn process(&self) -> Option<u32> {
        None
    }

    fn terminate(&mut self) {
        self.order.notify_one();
    }

    fn kill(&mut self) {
        self.abort.abort();
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        let exit = self.exit.clone();
        let node = self.node.clone();
        async move {
            let exit = exit.await;
            // Whoever was killed did not get to that.
            node.shutdown().await;
            exit
        }
        .boxed()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.abort.abort();
        for agent in self.node.find().any() {
            // Nobody waits for it any more.
            drop(agent.kill());
        }
    }
}
