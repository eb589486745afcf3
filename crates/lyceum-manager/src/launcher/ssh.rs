//! The launcher on other machines, by the system's ssh.

mod command;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use command::{FORWARDED, Line};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::Endpoint;
use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;
use tokio::time::timeout;

use super::process::Process;
use super::spawner::Spawner;
use super::{Exit, Launcher, Output, Place, Running, Stream, TERMINATE};
use crate::Ticket;

/// How long the other machine may take to let us in and to open a port that was asked for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many lines ssh may print before it tells the port.
const PREFACE: usize = 1000;
/// The code with which ssh ends if the fault is its own, or the program was killed by a signal.
const SSH_FAILED: i32 = 255;

/// Launches each agent in a process on another machine, by the system's `ssh`.
///
/// `ssh` reads its own configuration and asks nobody: keys come from an agent, the configuration or
/// [`identity`](Self::identity). The ticket goes through ssh's standard input, what the agent
/// prints comes back, and the process ends with the connection. It has to be a program of
/// [`main!`](crate::main), with the same types, and the other machine has to have it already.
///
/// The other machine dials the manager where that [listens](crate::ManagerBuilder::listen), or
/// through the connection, if it is [forwarded](Self::forward).
///
/// ```
/// use lyceum::manager::Ssh;
///
/// let launcher = Ssh::new("node7", "/opt/farm/bin/farm")?
///     .user("ada")
///     .option("StrictHostKeyChecking=yes")
///     .forward();
/// # let _ = launcher;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Ssh {
    spawner: Arc<Spawner>,
    line: Line,
}

/// An agent's process on another machine, as its connection shows it.
#[derive(Debug)]
struct Session {
    process: Process,
    /// Open for as long as the process is to live.
    input: Option<ChildStdin>,
    host: String,
}

impl Ssh {
    /// Makes a launcher that starts the program at that path on the other machine.
    ///
    /// # Errors
    ///
    /// Says that there are too many threads.
    pub fn new(host: impl Into<String>, program: impl Into<PathBuf>) -> io::Result<Self> {
        let line = Line::new(host.into(), program.into());
        Ok(Self { spawner: Arc::new(Spawner::start()?), line })
    }

    /// Logs in as this user.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.line.user = Some(user.into());
        self
    }

    /// Dials this port; the one of ssh's configuration unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.line.port = Some(port);
        self
    }

    /// Shows the key in this file, and no other.
    pub fn identity(mut self, file: impl Into<PathBuf>) -> Self {
        self.line.identity = Some(file.into());
        self
    }

    /// Sets an option of ssh, as in `ConnectTimeout=5`; see the manual page `ssh_config`.
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.line.options.push(option.into());
        self
    }

    /// Gives the program another argument, which others on both machines can see.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.line.arguments.push(argument.into());
        self
    }

    /// Starts another `ssh` than the first one on the path.
    pub fn ssh(mut self, program: impl Into<PathBuf>) -> Self {
        self.line.ssh = program.into();
        self
    }

    /// Leads the agents back to the manager through the connection: for a manager that only its own
    /// machine reaches.
    ///
    /// The agents are then reached from the manager's node alone, unless they listen
    /// [somewhere](Self::listen). Every user of the other machine can dial the port that leads
    /// back: set a token.
    pub fn forward(mut self) -> Self {
        self.line.forward = true;
        self
    }

    /// Lets the agents listen there on their machine, as in `tcp://10.1.2.3:0`, for others than the
    /// manager's node; at the address by which they reach the manager unless set.
    pub fn listen(mut self, endpoint: Endpoint) -> Self {
        self.line.listen = Some(endpoint);
        self
    }
}

impl Launcher for Ssh {
    fn launch(
        &self,
        mut ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let (line, spawner) = (self.line.clone(), self.spawner.clone());
        async move {
            let named = |error: io::Error| {
                let (ssh, host) = (line.ssh.display(), &line.host);
                io::Error::new(error.kind(), format!("cannot reach `{host}` by `{ssh}`: {error}"))
            };
            let command = line.command(ticket.manager.endpoint.as_ref()).map_err(named)?;
            let child = spawner.spawn(command).await.map_err(named)?;
            let mut process = Process::of(child, output, spawner)?;
            if line.forward {
                let opened = timeout(PATIENCE, forwarded(&mut process)).await;
                let late = || io::Error::new(io::ErrorKind::TimedOut, "no port was opened in time");
                let port = opened.map_err(|_| late()).and_then(|opened| opened).map_err(named)?;
                ticket.manager.endpoint = Endpoint::new("tcp", &format!("127.0.0.1:{port}"));
                ticket.endpoint = None;
            }
            if line.listen.is_some() {
                ticket.endpoint = line.listen;
            }
            let input = process.hand_over(&ticket).await?;
            Ok(Box::new(Session { process, input, host: line.host }) as Box<dyn Running>)
        }
        .boxed()
    }

    fn place(&self) -> Place {
        Place::Elsewhere
    }
}

/// Waits until ssh tells which port of the other machine leads back.
async fn forwarded(process: &mut Process) -> io::Result<u16> {
    let mut said = String::new();
    for _ in 0..PREFACE {
        let Some(line) = process.errors().peeled().await else { break };
        if let Some((port, _)) = line.strip_prefix(FORWARDED).and_then(|told| told.split_once(' '))
            && let Ok(port) = port.parse()
        {
            return Ok(port);
        }
        process.output().line(Stream::Error, &line);
        said = line;
    }
    Err(io::Error::other(format!("it opened no port that leads back: {said}")))
}

impl Running for Session {
    /// The process is another machine's.
    fn process(&self) -> Option<u32> {
        None
    }

    fn terminate(&mut self) {
        if let Some(input) = &mut self.input {
            let order = format!("{TERMINATE}\n");
            // So short an order fits into the pipe, unless nobody reads it any more: then the grace
            // time runs out.
            let _ = input.write_all(order.as_bytes()).now_or_never();
        }
    }

    fn kill(&mut self) {
        // What is over there kills itself without it.
        self.input = None;
        self.process.kill();
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        async {
            match self.process.exited().await {
                Exit::Code(SSH_FAILED) => {
                    let last = self.process.output().last().pop().unwrap_or_default();
                    let host = &self.host;
                    Exit::Failed(format!("it was killed on `{host}`, or ssh failed: {last}"))
                }
                exit => exit,
            }
        }
        .boxed()
    }
}
