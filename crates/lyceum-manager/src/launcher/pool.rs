//! The launcher of a few child processes, of which each hosts many agents.

mod host;
mod orders;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use host::Host;
pub(crate) use orders::{Ended, Order, read_line};
use tokio::task::JoinSet;

use super::spawner::Spawner;
use super::{Exit, Launcher, Output, Running};
use crate::Ticket;

/// The argument that makes a program of [`main!`](crate::main) host the agents of many tickets.
pub(crate) const HOST: &str = "host";

/// Launches agents in a few child processes, each of which hosts many.
///
/// An agent goes to the process with the fewest agents, and a process that is not there is started
/// first. A process that ends takes only its own agents along; they start again, by their policies,
/// in whichever process has the fewest then.
///
/// What the agents print is that of their process: its lines have the name `pool-1`, `pool-2`, and
/// so on.
///
/// ```
/// use lyceum::manager::Pool;
///
/// let launcher = Pool::new(4)?;
/// # let _ = launcher;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pool {
    name: String,
    spawner: Arc<Spawner>,
    program: PathBuf,
    arguments: Vec<OsString>,
    hosts: Arc<Mutex<Vec<Option<Arc<Host>>>>>,
    /// What looks after the processes; they end with it.
    tasks: Mutex<JoinSet<()>>,
    launched: AtomicU64,
}

/// An agent in one of the processes.
struct Pooled {
    number: u64,
    host: Arc<Host>,
    exit: Shared<BoxFuture<'static, Exit>>,
}

impl Pool {
    /// Makes a launcher of so many processes of the program that runs now.
    ///
    /// # Errors
    ///
    /// Says that the program is not known, or that there are too many threads.
    pub fn new(processes: usize) -> io::Result<Self> {
        Self::of(std::env::current_exe()?, processes)
    }

    /// Makes a launcher of so many processes of another program, whose `main` is made by
    /// [`main!`](crate::main), too.
    ///
    /// # Errors
    ///
    /// Says that there are too many threads.
    pub fn of(program: impl Into<PathBuf>, processes: usize) -> io::Result<Self> {
        let hosts = vec![None; processes.max(1)];
        Ok(Self {
            name: "pool".into(),
            spawner: Arc::new(Spawner::start()?),
            program: program.into(),
            arguments: Vec::new(),
            hosts: Arc::new(Mutex::new(hosts)),
            tasks: Mutex::default(),
            launched: AtomicU64::new(0),
        })
    }

    /// Gives the programs another argument, which others can see.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Calls the processes by this name and their numbers in what they print; `pool` unless set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    fn hosts(&self) -> MutexGuard<'_, Vec<Option<Arc<Host>>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the process with the fewest agents, in which the agent has its place now.
    fn place(&self, number: u64, output: &Output) -> io::Result<(Arc<Host>, host::Exiting)> {
        let mut hosts = self.hosts();
        let load = |host: &Option<Arc<Host>>| host.as_ref().map_or(0, |host| host.load());
        let fewest = (0..hosts.len()).min_by_key(|index| load(&hosts[*index]));
        let index = fewest.expect("there is at least one place");
        if let Some(host) = &hosts[index]
            && let Some(exit) = host.expect(number)
        {
            return Ok((host.clone(), exit));
        }
        let name = format!("{}-{}", self.name, index + 1).parse().map_err(io::Error::other)?;
        let (host, running) =
            Host::start(self.spawner.clone(), self.command(), output.renamed(name));
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(running, &tokio::runtime::Handle::current());
        let exit = host.expect(number).expect("it was made just now");
        hosts[index] = Some(host.clone());
        Ok((host, exit))
    }

    fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments).arg(HOST);
        command
    }
}

impl Launcher for Pool {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let number = self.launched.fetch_add(1, Ordering::Relaxed);
        let placed = self.place(number, &output);
        async move {
            let (host, exit) = placed?;
            let gone = || Exit::Failed("its process is gone".into());
            let exit = async move { exit.await.unwrap_or_else(|_| gone()) };
            let pooled = Pooled { number, host: host.clone(), exit: exit.boxed().shared() };
            let launch = Order::Launch { number, ticket: Box::new(ticket) };
            host.order(launch).await?;
            Ok(Box::new(pooled) as Box<dyn Running>)
        }
        .boxed()
    }
}

impl Running for Pooled {
    fn process(&self) -> Option<u32> {
        self.host.process()
    }

    fn terminate(&mut self) {
        self.host.urge(Order::Terminate { number: self.number });
    }

    fn kill(&mut self) {
        self.host.urge(Order::Kill { number: self.number });
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        self.exit.clone().boxed()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if self.exit.peek().is_none() {
            self.host.urge(Order::Kill { number: self.number });
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processes = self.hosts().len();
        f.debug_struct("Pool")
            .field("program", &self.program)
            .field("processes", &processes)
            .finish()
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pooled({} in process {:?})", self.number, self.host.process())
    }
}
