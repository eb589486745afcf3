//! Programs that reach agents of other processes, and start them.
//!
//! Users depend on the crate `lyceum`, with its feature `manager`. In reading order:
//!
//! - [`main!`] makes a program of types of agent: its command line, its logs, and what a child
//!   process needs. [`Program`] is the same by hand.
//! - [`Manager`] starts agents, watches them, restarts and stops them; [`Health`] is what it knows.
//!   A [`Batch`] starts together, [`Wait`] waits for ends, a [`Fleet`] is read from a file.
//! - [`Launcher`] is where they run: [`ChildProcess`], a [`Pool`] of processes, a
//!   [`DetachedProcess`] that outlives its manager, [`OnNode`] and [`InProcess`], or one of your
//!   own, which starts what a [`Ticket`] says. On other machines, each with a feature of its name:
//!   `Ssh`, `Slurm`, `Kubernetes`.
//! - [`Registry`] has the types that can be launched, and no other; [`Launchable`] makes an agent
//!   of JSON.
//! - [`Commands`] are `call`, `tell`, `ping`, `describe`, `agents` and `stop`, for any program that
//!   wants them in its command line; [`Completions`] completes that in a shell. With the feature
//!   `certs`, `Certs` makes certificates for nodes that talk over `tls://`.

// The macros write paths into the crate `lyceum`, which stands above this one.
extern crate self as lyceum;

mod command;
mod fleet;
mod launcher;
mod lodging;
mod logs;
mod manager;
mod program;
mod registry;
mod serve;
mod siblings;
mod span;
mod ticket;

#[cfg(feature = "certs")]
pub use command::Certs;
pub use command::{Commands, Completions, exit};
pub use fleet::{Fleet, FleetError, FleetFault};
#[cfg(feature = "kubernetes")]
pub use launcher::Kubernetes;
#[cfg(feature = "slurm")]
pub use launcher::Slurm;
#[cfg(feature = "ssh")]
pub use launcher::Ssh;
pub use launcher::{
    ChildProcess, DetachedProcess, Exit, InProcess, Launcher, OnNode, Output, OutputLine, Place,
    Pool, Running, Stream,
};
pub use manager::{
    Batch, Gone, Health, LaunchChild, Limits, Manager, ManagerBuilder, ManagerError, StartError,
    State, Wait, Waited,
};
pub use program::{PrintLog, Program, RunFile};
pub use registry::{Launchable, Registry};
pub use span::parse_span;
pub use ticket::{MailboxAt, Ticket, Wanted};

/// What the code of the macros needs.
#[doc(hidden)]
pub mod macros {
    pub use futures_util::future::BoxFuture;
    pub use lyceum_core::wire::AccessKind;
    pub use lyceum_core::*;
}
