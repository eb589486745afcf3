//! The thread that starts child processes.
//!
//! The system kills a child with the *thread* that started it. Threads of a runtime come and go, so
//! that one thread, which lives as long as its launcher, starts them all.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// How many children may wait to be started.
const QUEUE: usize = 64;

/// The thread that starts child processes. They do not outlive it.
#[derive(Debug)]
pub(super) struct Spawner {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

struct Order {
    command: Command,
    runtime: tokio::runtime::Handle,
    child: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    pub(super) fn start() -> io::Result<Self> {
        let (orders, waiting) = sync_channel::<Order>(QUEUE);
        let work = move || {
            for mut order in waiting {
                let _entered = order.runtime.enter();
                // Who gave up meanwhile drops the child, which kills it.
                let _ = order.child.send(order.command.spawn());
            }
        };
        let thread = Builder::new().name("lyceum-spawner".into()).spawn(work)?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Starts a child.
    pub(super) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (child, started) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let order = Order { command, runtime, child };
        let orders = self.orders.as_ref().ok_or_else(ended)?;
        orders.try_send(order).map_err(|_| io::Error::other("too many children start at once"))?;
        started.await.map_err(|_| ended())?
    }
}

fn ended() -> io::Error {
    io::Error::other("the thread that starts children has ended")
}

impl Drop for Spawner {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // It runs nothing of a user's, and has nothing to say.
            let _ = thread.join();
        }
    }
}
