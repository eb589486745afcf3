//! Agents that run programs and judge them, for projects of any kind.
//!
//! Who wants a program run puts a [`Program`](crate::process::Program) into the session and sends
//! [`ProcessCreate`]. A [`Process`] runs it, and sends [`ProcessExit`] when it has ended. Probes
//! listen to that, and have an opinion: [`ExitProbe`] about how it ended, [`OutputProbe`] about
//! what it printed, [`FilesProbe`] about what it left, [`TimeProbe`] about how long it took. Others
//! look while it runs: [`CpuProbe`] at its load, [`FileWatch`] at any file or log, and
//! [`AttachProcess`] at a process that was there before. [`Mangler`] changes files, as strongly as
//! [`Aggressivity`] says, and [`SessionDirectory`] gives each session a directory, which it keeps
//! with everything that is needed to run the session again. [`Client`] and [`Server`] talk to
//! programs under test over a network.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use lyceum_campaign::agents::{ExitProbe, Process, ProcessCreate};
//! use lyceum_campaign::process::Program;
//! use lyceum_campaign::sandbox::{Keeper, Sandbox, main_if_stub};
//! use lyceum_core::{BoxError, Node};
//! use lyceum_macros::agent;
//! use lyceum_universe::{Project, Step, Universe};
//!
//! /// Wants one program run in each session.
//! struct Caller;
//!
//! #[agent(crate = "lyceum_campaign")]
//! impl Caller {
//!     #[event(session_start)]
//!     fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
//!         cx.session().put(Program::new("/bin/false", "."));
//!         Ok(cx.send(ProcessCreate {})?)
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     main_if_stub();
//!     let keeper = Keeper::new(Sandbox::On)?;
//!     let project = Project::new("example")
//!         .agent("caller", Caller)
//!         .agent("process", Process::new(keeper))
//!         .agent("exit", ExitProbe::new(Vec::new()));
//!     let report = Universe::builder().on(Node::local()).build().run(project).await?;
//!     assert_eq!(report.successes, 1);
//!     Ok(())
//! }
//! ```

mod aggressivity;
mod archivist;
mod attach_process;
mod client;
mod cpu_probe;
mod dispenser;
mod exit_probe;
mod file_watch;
mod files_probe;
mod judge;
mod judgement;
mod look;
mod mangler;
mod output_probe;
mod payload;
mod process;
mod process_table;
mod server;
mod session_directory;
mod time_probe;

pub use aggressivity::{Aggressivity, AggressivityValue};
pub(crate) use archivist::Archivist;
pub use attach_process::AttachProcess;
pub use client::{Client, ClientSend};
pub use cpu_probe::CpuProbe;
pub(crate) use dispenser::Dispenser;
pub use exit_probe::{ExitOpinion, ExitProbe};
pub use file_watch::FileWatch;
pub use files_probe::FilesProbe;
pub(crate) use judge::{Judge, Judged};
pub use mangler::{MangleFilenames, Mangler};
pub(crate) use output_probe::printed;
pub use output_probe::{OutputOpinion, OutputProbe};
pub use payload::{NetworkAnswer, NetworkLimits, Payload};
pub use process::{Process, ProcessCreate, ProcessExit, ProcessFailed, ProcessPid, SessionProgram};
pub use server::{Server, ServerAccept};
pub use session_directory::{SessionDirectory, SessionDirectoryMade};
pub use time_probe::TimeProbe;
