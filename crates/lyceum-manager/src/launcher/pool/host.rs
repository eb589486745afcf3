//! One process of a pool, seen from the pool.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

use super::{Ended, Order, read_line};
use crate::launcher::process::Process;
use crate::launcher::spawner::Spawner;
use crate::launcher::{Exit, Output, Running};

/// How many orders may wait to be told to a process.
const ORDERS: usize = 1024;

/// Tells how an agent ended.
pub(super) type Exiting = oneshot::Receiver<Exit>;

/// One process of a pool.
pub(super) struct Host {
    orders: mpsc::Sender<Order>,
    /// Zero until it is known.
    process: AtomicU32,
    /// The agents that are to be told of; none any more once the process is gone.
    agents: Mutex<Option<HashMap<u64, oneshot::Sender<Exit>>>>,
}

impl Host {
    /// Makes a process, which lives as long as what looks after it does.
    pub(super) fn start(
        spawner: Arc<Spawner>,
        command: Command,
        output: Output,
    ) -> (Arc<Self>, BoxFuture<'static, ()>) {
        let (orders, waiting) = mpsc::channel(ORDERS);
        let agents = Mutex::new(Some(HashMap::new()));
        let host = Arc::new(Self { orders, process: AtomicU32::new(0), agents });
        let running = host.clone();
        let running = async move {
            let exit = match running.run(spawner, command, output, waiting).await {
                Ok(exit) => exit,
                Err(error) => Exit::Failed(error.to_string()),
            };
            running.close(&exit);
        };
        (host, Box::pin(running))
    }

    fn agents(&self) -> MutexGuard<'_, Option<HashMap<u64, oneshot::Sender<Exit>>>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many agents it has.
    pub(super) fn load(&self) -> usize {
        self.agents().as_ref().map_or(0, HashMap::len)
    }

    /// Gives an agent a place; `None` if the process is gone.
    pub(super) fn expect(&self, number: u64) -> Option<Exiting> {
        let (sender, exiting) = oneshot::channel();
        self.agents().as_mut()?.insert(number, sender);
        Some(exiting)
    }

    pub(super) fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Acquire)).filter(|process| *process != 0)
    }

    /// Tells the process something.
    pub(super) async fn order(&self, order: Order) -> io::Result<()> {
        let gone = |_| io::Error::other("the process of the pool ended");
        self.orders.send(order).await.map_err(gone)
    }

    /// Tells the process something, if it takes it at once. One that does not hangs, or is gone.
    pub(super) fn urge(&self, order: Order) {
        if let Err(error) = self.orders.try_send(order) {
            tracing::debug!(%error, "a process of a pool takes no orders");
        }
    }

    /// Starts the process, and talks with it until it is gone.
    async fn run(
        &self,
        spawner: Arc<Spawner>,
        mut command: Command,
        output: Output,
        mut orders: mpsc::Receiver<Order>,
    ) -> io::Result<Exit> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot start `{program}`: {error}"))
        };
        let child = spawner.spawn(command).await.map_err(named)?;
        let mut process = Process::of(child, output, spawner)?;
        self.process.store(process.process().unwrap_or(0), Ordering::Release);
        let (read, mut write) = UnixStream::from_std(ours)?.into_split();
        let (mut read, mut line) = (BufReader::new(read), Vec::new());
        let mut is_talking = true;
        loop {
            tokio::select! {
                exit = process.exited() => return Ok(exit),
                order = orders.recv() => {
                    let Some(order) = order else { continue };
                    let mut text = serde_json::to_vec(&order)?;
                    text.push(b'\n');
                    if write.write_all(&text).await.is_err() {
                        // It is about to end, or already has.
                        process.kill();
                    }
                }
                more = read_line(&mut read, &mut line), if is_talking => {
                    is_talking = more.unwrap_or(false);
                    if is_talking {
                        self.heard(&line);
                        line.clear();
                    }
                }
            }
        }
    }

    /// Takes what the process said.
    fn heard(&self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(Ended { number, exit }) => {
                let agent = self.agents().as_mut().and_then(|agents| agents.remove(&number));
                if let Some(agent) = agent {
                    // Nobody may wait for it any more.
                    let _ = agent.send(exit);
                }
            }
            Err(error) => tracing::warn!(%error, "a process of a pool said what is not understood"),
        }
    }

    /// Tells those who wait that the process is gone, and with it its agents.
    fn close(&self, exit: &Exit) {
        self.process.store(0, Ordering::Release);
        let agents = self.agents().take();
        for agent in agents.into_iter().flatten().map(|(_, agent)| agent) {
            // A process that ends in good order before its agents do has not done what it should.
            let exit = match exit {
                Exit::Done => Exit::Failed("its process ended before it".into()),
                exit => exit.clone(),
            };
            // Nobody may wait for it any more.
            let _ = agent.send(exit);
        }
    }
}
