//! Where programs are run: shut off from the machine, one after the other, by a keeper.
//!
//! A [`Keeper`] is a process of its own, which holds a sandbox open. It starts a program for each
//! order, sees that it keeps its [limits](crate::process::Limits), and kills everything that the
//! program leaves behind. To be one, a program starts itself again, so its `main` begins with
//! [`main_if_stub`]:
//!
//! ```no_run
//! use lyceum_campaign::process::Program;
//! use lyceum_campaign::sandbox::{Keeper, Sandbox, main_if_stub};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     main_if_stub();
//!     let mut keeper = Keeper::new(Sandbox::On)?;
//!     std::fs::create_dir_all("session-1")?;
//!     keeper.start(&Program::new("/usr/bin/env", "session-1").environment("LANG", "C"))?;
//!     let exit = keeper.wait()?;
//!     assert!(exit.is_success());
//!     assert_eq!(std::fs::read("session-1/stdout")?, b"LANG=C\n");
//!     Ok(())
//! }
//! ```
//!
//! In the sandbox a program has no network and no other process to see. It reads the machine's
//! files and writes none but those of its directory, of `/tmp`, and of `/dev/shm`, which are its
//! own, limited, and in memory. What it wrote to its directory is taken over when it has ended.

mod bounds;
mod carry;
mod devices;
mod error;
mod fault;
mod inner;
mod job;
mod keeper;
mod message;
mod mounts;
mod outer;
mod privileges;
mod pump;
mod remains;
mod run;
mod scratch;
mod socket;
mod stub;
mod terminal;
mod watch;

pub use error::{KeeperError, StartError, WaitError};
pub use fault::Step;
pub use keeper::Keeper;
pub use stub::main_if_stub;

/// Whether programs are shut off from the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// They are, and where the machine refuses that, no keeper starts.
    #[default]
    On,
    /// They are not: a program may do whatever its caller may. Limits hold, but for that on the
    /// number of processes.
    Off,
}
