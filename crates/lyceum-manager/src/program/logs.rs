//! `logs`: what an agent printed.

use std::path::PathBuf;

use clap::Args;
use lyceum_wire::AgentName;

use crate::command::failure::Failure;
use crate::logs;

/// Whose log is printed, and how much of it.
#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Name of the agent
    name: AgentName,

    /// Looks in this folder, which the manager was told
    #[arg(long, value_name = "FOLDER", env = "LYCEUM_LOGS", default_value = "logs")]
    logs: PathBuf,

    /// Prints so many lines, the last ones
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    lines: usize,
}

impl Options {
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
