//! Launchers: where agents are started.

#[cfg(any(feature = "slurm", feature = "kubernetes"))]
mod clerk;
mod detached;
mod in_process;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod on_node;
pub(crate) mod output;
pub(crate) mod pool;
mod process;
#[cfg(feature = "slurm")]
mod slurm;
mod spawner;
#[cfg(feature = "ssh")]
mod ssh;

use std::fmt;
use std::io;

pub use detached::DetachedProcess;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
pub use in_process::InProcess;
#[cfg(feature = "kubernetes")]
pub use kubernetes::Kubernetes;
pub use on_node::OnNode;
pub use output::{Output, OutputLine, Stream};
pub use pool::Pool;
pub use process::ChildProcess;
use serde::{Deserialize, Serialize};
#[cfg(feature = "slurm")]
pub use slurm::Slurm;
#[cfg(feature = "ssh")]
pub use ssh::Ssh;

use crate::{Registry, Ticket};

/// The argument that makes a program of [`main!`](crate::main) read a ticket, from its standard
/// input unless it is told otherwise.
pub(crate) const CHILD: &str = "child";
/// The order to end, as a line on standard input, to a child that is attached to it.
pub(crate) const TERMINATE: &str = "TERM";
/// The variable with a child's place in its batch, where tickets of a batch are mounted.
pub(crate) const INDEX: &str = "JOB_COMPLETION_INDEX";

/// Starts what a ticket asks for, somewhere.
///
/// What it starts connects back to the manager that the ticket names, launches the agent, and
/// reports; the launcher only has to start it, to tell when it ended, and to end it.
pub trait Launcher: Send + Sync + fmt::Debug + 'static {
    /// Starts it; `output` takes what it prints.
    ///
    /// # Errors
    ///
    /// Says why it could not be started.
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>>;

    /// Starts several, and returns what came of each in their order; one after the other unless a
    /// launcher has something better, as one that hands the whole batch over.
    ///
    /// # Cancel safety
    ///
    /// What was started is ended if the future is dropped.
    fn launch_batch(
        &self,
        batch: Vec<(Ticket, Output)>,
    ) -> BoxFuture<'static, Vec<io::Result<Box<dyn Running>>>> {
        let launches: Vec<_> =
            batch.into_iter().map(|(ticket, output)| self.launch(ticket, output)).collect();
        async move {
            let mut started = Vec::with_capacity(launches.len());
            for launch in launches {
                started.push(launch.await);
            }
            started
        }
        .boxed()
    }

    /// Returns where that is, as seen from the manager; on its machine unless a launcher says
    /// otherwise. Tickets depend on it.
    fn place(&self) -> Place {
        Place::Here
    }

    /// Returns whether a batch is better handed over whole than started one by one, side by side.
    fn takes_batches(&self) -> bool {
        false
    }

    /// Returns whether what it starts goes on when the manager is gone, until the next manager
    /// [adopts](Self::adopt) it.
    fn outlives(&self) -> bool {
        false
    }

    /// Takes over what a launcher of a former manager had started, by its
    /// [mark](Running::mark); `None` if that is gone.
    ///
    /// # Errors
    ///
    /// Nobody can say whether it is gone.
    fn adopt(
        &self,
        mark: &str,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Option<Box<dyn Running>>>> {
        let _ = (mark, output);
        std::future::ready(Ok(None)).boxed()
    }

    /// Returns the types, if agents are to be launched on the manager's own node: nothing else is
    /// asked of the launcher then.
    fn registry(&self) -> Option<&Registry> {
        None
    }
}

/// Where a launcher starts agents, as seen from the manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// On the same machine and for the same user: each side reaches the Unix sockets of the other.
    Here,
    /// Anywhere: the manager is reached where [`listen`](crate::ManagerBuilder::listen) or
    /// [`announce`](crate::ManagerBuilder::announce) say.
    Elsewhere,
}

/// Something that was started. Dropping it ends it at once, unless its launcher says that it
/// [outlives](Launcher::outlives) its manager.
pub trait Running: Send + fmt::Debug {
    /// Returns the id of its process, if it has one of its own.
    fn process(&self) -> Option<u32>;

    /// Returns by what a launcher of the next manager can [adopt](Launcher::adopt) it.
    fn mark(&self) -> Option<String> {
        None
    }

    /// Asks it to finish what it has begun, and to end.
    fn terminate(&mut self);

    /// Ends it at once.
    fn kill(&mut self);

    /// Waits until it begins to run; the time that it has to start is counted from then. What is
    /// started at once has begun.
    fn begun(&self) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }

    /// Hears that its agent is gone: its own end is near, and somebody waits for it. Only who looks
    /// for ends now and then needs to know.
    fn hurry(&mut self) {}

    /// Waits for its end, and takes what it prints meanwhile.
    ///
    /// # Cancel safety
    ///
    /// It can be waited for again, and nothing that was printed is lost.
    fn exited(&mut self) -> BoxFuture<'_, Exit>;
}

/// How something that was started ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exit {
    /// In good order.
    Done,
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// By whoever runs the machine, though its agent may have stopped in good order: its time was
    /// up, it was cancelled, or its machine was lost. Why.
    Evicted(String),
    /// With this error, or nobody knows.
    Failed(String),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ended in good order"),
            Self::Code(code) => write!(f, "ended with exit code {code}"),
            Self::Signal(signal) => write!(f, "was killed by signal {signal}"),
            Self::Evicted(why) => write!(f, "was ended from outside: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
