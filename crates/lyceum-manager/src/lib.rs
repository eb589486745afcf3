//! Programs that reach agents of other processes, and start them.
//!
//! Users depend on the crate `lyceum`, with its feature `manager`. In reading order:
//!
//! - [`main!`] makes a program of types of agent: its command line, its logs, and what a child
//!   process needs. [`Program`] is the same by hand.
//! - [`Manager`] starts agents, watches them, restarts and stops them; [`Health`] is what it knows.
//! - [`Launcher`] is where they run: [`ChildProcess`], [`InProcess`], or one of your own, which
//!   starts what a [`Ticket`] says. On other machines, each with a feature of its name: `Ssh`,
//!   `Slurm`, `Kubernetes`.
//! - [`Registry`] has the types that can be launched, and no other; [`Launchable`] makes an agent
//!   of JSON.
//! - [`Commands`] are `call`, `tell`, `ping`, `describe`, `agents` and `stop`, for any program that
//!   wants them in its command line; [`Completions`] completes that in a shell. With the feature
//!   `certs`, `Certs` makes certificates for nodes that talk over `tls://`.

mod command;
mod launcher;
mod manager;
mod program;
mod registry;
mod serve;
mod span;
mod ticket;

#[cfg(feature = "certs")]
pub use command::Certs;
pub use command::{Commands, Completions, exit};
#[cfg(feature = "kubernetes")]
pub use launcher::Kubernetes;
#[cfg(feature = "slurm")]
pub use launcher::Slurm;
#[cfg(feature = "ssh")]
pub use launcher::Ssh;
pub use launcher::{
    ChildProcess, Exit, InProcess, Launcher, Output, OutputLine, Place, Running, Stream,
};
pub use manager::{Health, LaunchChild, Manager, ManagerBuilder, ManagerError, StartError, State};
pub use program::Program;
pub use registry::{Launchable, Registry};
pub use span::parse_span;
pub use ticket::{Ticket, Wanted};
