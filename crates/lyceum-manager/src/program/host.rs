//! `host`: the agents of many tickets, in one process of a pool. Launchers run it, not people.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::exchange::Door;
use lyceum_core::{Node, Task, full_text};
use lyceum_wire::AgentKey;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Notify, OnceCell, mpsc};

use super::{failed, on_runtime};
use crate::command::failure::Failure;
use crate::launcher::Exit;
use crate::launcher::pool::{Ended, Order, read_line};
use crate::serve::{Host, ServeError};
use crate::{Registry, Ticket};

/// How long an agent that is killed may hold on to a thread before it is given up.
const LAST_TURN: Duration = Duration::from_secs(1);
/// How many ends may wait to be told.
const ENDS: usize = 1024;

/// What is there of one agent.
struct Guest {
    terminate: Arc<Notify>,
    kill: Arc<Notify>,
    _task: Task<()>,
}

/// What all agents of the process have in common.
struct House {
    registry: Registry,
    node: Node,
    /// Connected with the first ticket.
    host: OnceCell<Host>,
    ends: mpsc::Sender<Ended>,
    guests: Mutex<HashMap<u64, Guest>>,
}

/// Hosts agents until the pool is gone.
pub(super) fn run(registry: &Registry) -> Result<(), Failure> {
    // Even if the pool is killed and says nothing. That the socket ends is the second sign.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
    let socket = io::stdin().as_fd().try_clone_to_owned().map(StdStream::from);
    let socket = socket.map_err(failed)?;
    if socket.local_addr().is_err() {
        let text = "cannot take orders from standard input: only a pool has them to give";
        return Err(Failure::Usage(text.into()));
    }
    socket.set_nonblocking(true).map_err(failed)?;
    on_runtime(async {
        let node = Node::local();
        let (ends, told) = mpsc::channel(ENDS);
        let (registry, host) = (registry.clone(), OnceCell::new());
        let house = House { registry, node: node.clone(), host, ends, guests: Mutex::default() };
        let obeyed = Arc::new(house).obey(socket, told).await;
        node.shutdown().await;
        obeyed.map_err(failed)
    })
}

impl House {
    /// Does what the pool says, until it is gone.
    async fn obey(
        self: Arc<Self>,
        socket: StdStream,
        mut ends: mpsc::Receiver<Ended>,
    ) -> io::Result<()> {
        let (read, mut write) = UnixStream::from_std(socket)?.into_split();
        let telling = self.node.spawn(async move {
            while let Some(ended) = ends.recv().await {
                let Ok(mut line) = serde_json::to_vec(&ended) else { continue };
                line.push(b'\n');
                if write.write_all(&line).await.is_err() {
                    // The pool is gone: the other direction ends, too.
                    return;
                }
            }
        });
        let (mut read, mut line) = (BufReader::new(read), Vec::new());
        while read_line(&mut read, &mut line).await? {
            match serde_json::from_slice(&line)? {
                Order::Launch { number, ticket } => self.welcome(number, *ticket),
                Order::Terminate { number } => {
                    self.tell(number, |guest| guest.terminate.notify_one());
                }
                Order::Kill { number } => self.tell(number, |guest| guest.kill.notify_one()),
            }
            line.clear();
        }
        drop(telling);
        Ok(())
    }

    fn guests(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, number: u64, what: impl FnOnce(&Guest)) {
        if let Some(guest) = self.guests().get(&number) {
            what(guest);
        }
    }

    /// Launches an agent, and tells its end.
    fn welcome(self: &Arc<Self>, number: u64, ticket: Ticket) {
        let (terminate, kill) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (this, ordered, killed) = (self.clone(), terminate.clone(), kill.clone());
        // Under the lock: it may end before it is written down.
        let mut guests = self.guests();
        let task = self.node.spawn(async move {
            let serving = Box::pin(this.serve(&ticket, &ordered));
            let exit = match select(serving, Box::pin(killed.notified())).await {
                Either::Left((Ok(()), _)) => Exit::Done,
                Either::Left((Err(error), _)) => Exit::Failed(full_text(&error)),
                Either::Right(_) => Exit::Failed("it was killed".into()),
            };
            this.bury(&ticket).await;
            // The pool may be gone.
            let _ = this.ends.send(Ended { number, exit }).await;
            let over = this.guests().remove(&number);
            drop(over);
        });
        guests.insert(number, Guest { terminate, kill, _task: task });
    }

    async fn serve(&self, ticket: &Ticket, ordered: &Notify) -> Result<(), ServeError> {
        let connect = || Host::of(&self.registry, ticket, &self.node);
        let host = self.host.get_or_try_init(connect).await?;
        host.serve(ticket, ordered.notified()).await?;
        let agent = Door::of(&self.node).find(&AgentKey::Name(ticket.wanted.name.clone()));
        if let Some(agent) = agent {
            // It was ordered to.
            agent.stop().await;
        }
        Ok(())
    }

    /// Sees to it that an agent is gone.
    async fn bury(&self, ticket: &Ticket) {
        let agent = Door::of(&self.node).find(&AgentKey::Name(ticket.wanted.name.clone()));
        let Some(agent) = agent else { return };
        let gone = select(agent.kill(), self.node.sleep(LAST_TURN)).await;
        if let Either::Right(_) = gone {
            tracing::error!(agent = %ticket.wanted.name, "an agent does not let go of its thread");
        }
    }
}
