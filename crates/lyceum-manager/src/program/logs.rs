//! `logs`: what an agent printed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use lyceum_wire::AgentName;

use crate::command::failure::Failure;
use crate::command::print::Print;
use crate::{exit, logs};

/// The command `logs`: prints what an agent printed that a manager looked after.
#[derive(Args, Clone, Debug)]
pub struct PrintLog {
    /// Name of the agent
    name: AgentName,

    /// Looks in this folder, which the manager was told
    #[arg(long, value_name = "FOLDER", env = "LYCEUM_LOGS", default_value = "logs")]
    logs: PathBuf,

    /// Prints so many lines, the last ones
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    lines: usize,
}

impl PrintLog {
    /// Prints the log; returns one of the codes of [`exit`].
    pub fn run(&self) -> ExitCode {
        match self.execute() {
            Ok(()) => exit::DONE.into(),
            Err(failure) => {
                Print::new(false).failure(&failure);
                failure.code().into()
            }
        }
    }

    pub(super) fn execute(&self) -> Result<(), Failure> {
        let lines = logs::last(&self.logs, &self.name, self.lines).map_err(|error| {
            let (name, folder) = (&self.name, self.logs.display());
            Failure::Usage(format!("cannot read a log of `{name}` in `{folder}`: {error}"))
        })?;
        for line in lines {
            println!("{line}");
        }
        Ok(())
    }
}
