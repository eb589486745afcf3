//! The launcher of child processes.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, join, select};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::output::Pipe;
use super::spawner::Spawner;
use super::{CHILD, Exit, Launcher, Output, Running, Stream};
use crate::Ticket;

/// How long what a child printed last is read on after its end. Its own children may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Launches each agent in a process of its own: the same program, or one that was built like it.
///
/// The ticket goes through the child's standard input. The child ends with this process, however
/// that ends.
///
/// ```
/// use lyceum::manager::ChildProcess;
///
/// let launcher = ChildProcess::new()?;
/// # let _ = launcher;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ChildProcess {
    spawner: Arc<Spawner>,
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// A process of this machine, and what it prints.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    output: Output,
    printed: Pipe<ChildStdout>,
    errors: Pipe<ChildStderr>,
    /// Children live no longer than the thread that started them.
    _spawner: Arc<Spawner>,
}

impl ChildProcess {
    /// Makes a launcher that starts the program that runs now.
    ///
    /// # Errors
    ///
    /// Says that the program is not known, or that there are too many threads.
    pub fn new() -> io::Result<Self> {
        Self::of(std::env::current_exe()?)
    }

    /// Makes a launcher that starts another program, whose `main` is made by
    /// [`main!`](crate::main), too.
    ///
    /// # Errors
    ///
    /// Says that there are too many threads.
    pub fn of(program: impl Into<PathBuf>) -> io::Result<Self> {
        let spawner = Arc::new(Spawner::start()?);
        Ok(Self { spawner, program: program.into(), arguments: Vec::new() })
    }

    /// Gives the program another argument, which others can see.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(CHILD);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for the manager, which stops its children in order.
        command.process_group(0).kill_on_drop(true);
        command
    }
}

impl Launcher for ChildProcess {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let (command, spawner, program) =
            (self.command(), self.spawner.clone(), self.program.display().to_string());
        async move {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot start `{program}`: {error}"))
            };
            let child = spawner.spawn(command).await.map_err(named)?;
            let mut process = Process::of(child, output, spawner)?;
            // With that the pipe is closed.
            drop(process.hand_over(&ticket).await?);
            Ok(Box::new(process) as Box<dyn Running>)
        }
        .boxed()
    }
}

impl Process {
    pub(super) fn of(mut child: Child, output: Output, spawner: Arc<Spawner>) -> io::Result<Self> {
        let missing = || io::Error::other("a stream of the child is missing");
        let printed = Pipe::new(child.stdout.take().ok_or_else(missing)?, Stream::Output);
        let errors = Pipe::new(child.stderr.take().ok_or_else(missing)?, Stream::Error);
        Ok(Self { child, output, printed, errors, _spawner: spawner })
    }

    /// Writes the ticket, and returns the pipe; none if it ended already.
    pub(super) async fn hand_over(&mut self, ticket: &Ticket) -> io::Result<Option<ChildStdin>> {
        let Some(mut input) = self.child.stdin.take() else { return Ok(None) };
        let mut line = serde_json::to_vec(ticket)?;
        line.push(b'\n');
        match input.write_all(&line).await {
            // Its exit says more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            Err(error) => Err(error),
            Ok(()) => Ok(Some(input)),
        }
    }

    /// Returns what it prints on standard error.
    #[cfg(feature = "ssh")]
    pub(super) fn errors(&mut self) -> &mut Pipe<ChildStderr> {
        &mut self.errors
    }

    /// Returns what takes its lines.
    #[cfg(feature = "ssh")]
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    fn signal(&self, signal: Signal) {
        let id = self.process().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may have ended just now. Its id is its own until it was waited for.
            let _ = kill_process(id, signal);
        }
    }
}

impl Running for Process {
    fn process(&self) -> Option<u32> {
        self.child.id()
    }

    fn terminate(&mut self) {
        self.signal(Signal::TERM);
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        async {
            let Self { child, output, printed, errors, .. } = self;
            let reading = join(printed.drain(output), errors.drain(output));
            match select(Box::pin(child.wait()), Box::pin(reading)).await {
                Either::Left((status, reading)) => {
                    // An end without its last words is better than none.
                    let _ = tokio::time::timeout(LAST_WORDS, reading).await;
                    exit(status)
                }
                Either::Right((_, wait)) => exit(wait.await),
            }
        }
        .boxed()
    }
}

pub(super) fn exit(status: io::Result<ExitStatus>) -> Exit {
    match status {
        Ok(status) if status.success() => Exit::Done,
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::Failed(status.to_string()),
        },
        Err(error) => Exit::Failed(error.to_string()),
    }
}
