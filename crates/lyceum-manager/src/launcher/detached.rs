//! The launcher of processes that outlive their manager.

mod follower;
mod found;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use follower::Follower;
use found::Found;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::process::exit;
use super::{CHILD, Exit, Launcher, Output, Running};
use crate::Ticket;

/// Launches each agent in a process of its own that goes on when this one ends, however that ends,
/// for the next manager to take over.
///
/// It suits managers with a directory of [state](crate::ManagerBuilder::state). What a process
/// prints goes to a file, which the manager follows, and from which it removes what it has read.
///
/// ```
/// use lyceum::manager::DetachedProcess;
///
/// # let directory = std::env::temp_dir().join(format!("lyceum-doc-{}", std::process::id()));
/// let launcher = DetachedProcess::new(&directory)?;
/// # drop(launcher);
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct DetachedProcess {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: PathBuf,
}

/// A process that this one started, and that may outlive it.
#[derive(Debug)]
struct Detached {
    child: Child,
    mark: Option<String>,
    follower: Follower,
}

impl DetachedProcess {
    /// Makes a launcher that starts the program that runs now. What its processes print is kept in
    /// a directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// Says that the program is not known, or that there is no directory.
    pub fn new(directory: impl Into<PathBuf>) -> io::Result<Self> {
        Self::of(std::env::current_exe()?, directory)
    }

    /// Makes a launcher that starts another program, whose `main` is made by
    /// [`main!`](crate::main), too.
    ///
    /// # Errors
    ///
    /// Says that there is no directory.
    pub fn of(program: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        Ok(Self { program: program.into(), arguments: Vec::new(), directory })
    }

    /// Gives the program another argument, which others can see.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Makes the command, whose output goes to a new file.
    fn command(&self, printed: &Path) -> io::Result<Command> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(printed)?;
        // What another process of that name printed was of a former start.
        file.set_len(0)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(CHILD);
        command.stdin(Stdio::piped()).stdout(file.try_clone()?).stderr(file);
        // Ctrl-C is for the manager.
        command.process_group(0);
        Ok(command)
    }

    /// Returns the file that an agent's process prints to.
    fn printed(&self, output: &Output) -> PathBuf {
        self.directory.join(format!("{}.out", output.agent()))
    }
}

impl Launcher for DetachedProcess {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let printed = self.printed(&output);
        let command = self.command(&printed);
        let program = self.program.display().to_string();
        async move {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot start `{program}`: {error}"))
            };
            let mut child = command?.spawn().map_err(named)?;
            let mark = child.id().and_then(|id| found::mark(id).ok());
            let follower = Follower::new(&printed, output)?;
            if let Some(mut input) = child.stdin.take() {
                let mut line = serde_json::to_vec(&ticket)?;
                line.push(b'\n');
                match input.write_all(&line).await {
                    // Its exit says more.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                    written => written?,
                }
            }
            Ok(Box::new(Detached { child, mark, follower }) as Box<dyn Running>)
        }
        .boxed()
    }

    fn outlives(&self) -> bool {
        true
    }

    fn adopt(
        &self,
        mark: &str,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Option<Box<dyn Running>>>> {
        let found = Found::of(mark);
        let follower = Follower::new(&self.printed(&output), output);
        async move {
            let Some(found) = found? else { return Ok(None) };
            Ok(Some(Box::new(found.followed(follower?)) as Box<dyn Running>))
        }
        .boxed()
    }
}

impl Running for Detached {
    fn process(&self) -> Option<u32> {
        self.child.id()
    }

    fn mark(&self) -> Option<String> {
        self.mark.clone()
    }

    fn terminate(&mut self) {
        found::signal(self.child.id(), rustix::process::Signal::TERM);
    }

    fn kill(&mut self) {
        found::signal(self.child.id(), rustix::process::Signal::KILL);
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        async {
            let Self { child, follower, .. } = self;
            let status =
                match select(Box::pin(child.wait()), Box::pin(follower.follow(|| false))).await {
                    Either::Left((status, _)) => status,
                    Either::Right(_) => unreachable!("it is never over for the follower"),
                };
            follower.read_on();
            exit(status)
        }
        .boxed()
    }
}
