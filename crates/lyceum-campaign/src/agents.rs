//! Agents that run programs and judge them, for projects of any kind.
//!
//! Who wants a program run puts a [`Program`](crate::process::Program) into the session and sends
//! [`ProcessCreate`]. A [`Process`] runs it, and sends [`ProcessExit`] when it has ended. Probes
//! listen to that, and have an opinion: [`ExitProbe`] about how it ended, [`OutputProbe`] about
//! what it printed, [`FilesProbe`] about what it left, [`TimeProbe`] about how long it took.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use lyceum_campaign::agents::{ExitProbe, Process, ProcessCreate};
//! use lyceum_campaign::process::Program;
//! use lyceum_campaign::sandbox::{Keeper, Sandbox, main_if_stub};
//! # mod lyceum { pub use lyceum_campaign::macros; }
//! use lyceum_core::{BoxError, Node};
//! use lyceum_macros::agent;
//! use lyceum_universe::{Project, Step, Universe};
//!
//! /// Wants one program run in each session.
//! struct Caller;
//!
//! #[agent]
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

mod archivist;
mod exit_probe;
mod files_probe;
mod mangler;
mod output_probe;
mod process;
mod time_probe;

pub(crate) use archivist::Archivist;
pub use exit_probe::{ExitOpinion, ExitProbe};
pub use files_probe::FilesProbe;
pub(crate) use mangler::Mangler;
pub use output_probe::{OutputOpinion, OutputProbe};
pub use process::{Process, ProcessCreate, ProcessExit, ProcessFailed};
pub use time_probe::TimeProbe;
