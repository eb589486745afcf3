//! An actuator: gives each session of a campaign its input.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;

use super::ProcessCreate;
use crate::campaign::Plan;
use crate::hunt::Hunt;
use crate::process::Program;

/// Gives each session its input, and has the program run with it.
pub(crate) struct Dispenser {
    hunt: Arc<Hunt>,
    plan: Arc<Plan>,
    universe: usize,
    /// Where the sessions of this universe run.
    directory: PathBuf,
}

impl Dispenser {
    pub(crate) fn new(
        hunt: Arc<Hunt>,
        plan: Arc<Plan>,
        universe: usize,
        directory: PathBuf,
    ) -> Self {
        Self { hunt, plan, universe, directory }
    }

    /// Makes the session's directory anew, so that nothing of the one before is in it.
    fn prepare(&self, input: &[u8]) -> Result<Program, BoxError> {
        let directory = &self.directory;
        if fs::read_dir(directory).map_or(true, |mut files| files.next().is_some()) {
            match fs::remove_dir_all(directory) {
                // It may have vanished.
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(format!("cannot empty {}: {error}", directory.display()).into());
                }
                _ => {}
            }
            fs::create_dir_all(directory)
                .map_err(|error| format!("cannot make {}: {error}", directory.display()))?;
        }
        let program = self.plan.project.program(&self.plan.command, directory, input);
        program.map_err(|error| format!("no input in {}: {error}", directory.display()).into())
    }
}

#[agent]
impl Dispenser {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let Some(job) = self.hunt.next(self.universe, cx.random()) else {
            cx.project().stop();
            return Ok(());
        };
        let program = self.prepare(&job.input)?;
        cx.session().put(job);
        cx.session().put(program);
        Ok(cx.send(ProcessCreate {})?)
    }
}
