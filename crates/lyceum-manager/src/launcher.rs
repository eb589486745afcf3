//! Launchers: where agents are started.

mod in_process;
pub(crate) mod output;
mod process;
mod spawner;

use std::fmt;
use std::io;

use futures_util::future::BoxFuture;
pub use in_process::InProcess;
pub use output::{Output, OutputLine, Stream};
pub(crate) use process::CHILD;
pub use process::ChildProcess;
use serde::{Deserialize, Serialize};

use crate::Ticket;

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
}

/// Something that was started. Dropping it ends it at once.
pub trait Running: Send + fmt::Debug {
    /// Returns the id of its process, if it has one of its own.
    fn process(&self) -> Option<u32>;

    /// Asks it to finish what it has begun, and to end.
    fn terminate(&mut self);

    /// Ends it at once.
    fn kill(&mut self);

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
    /// With this error, or nobody knows.
    Failed(String),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ended in good order"),
            Self::Code(code) => write!(f, "ended with exit code {code}"),
            Self::Signal(signal) => write!(f, "was killed by signal {signal}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
