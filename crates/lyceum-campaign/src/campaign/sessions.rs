//! The universes of a campaign: made, run, and given up.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::Node;
use lyceum_universe::{Project, RunOutcome, Stuck, Universe, Watch};

use super::{Plan, Stopper};
use crate::EndReason;
use crate::agents::{Archivist, Dispenser, ExitProbe, FilesProbe, OutputProbe, Process};
use crate::hunt::Hunt;
use crate::sandbox::{Keeper, KeeperError, Sandbox};

/// What all universes of a campaign are made of.
pub(super) struct Crew {
    pub(super) hunt: Arc<Hunt>,
    pub(super) plan: Arc<Plan>,
    pub(super) keepers: Keepers,
    pub(super) more: More,
    pub(super) stopper: Stopper,
    pub(super) seed: u64,
    /// What ends the keepers of universes that do not go on.
    pub(super) ends: Mutex<HashMap<usize, End>>,
}

type End = Box<dyn Fn() + Send + Sync>;

/// How keepers are made.
#[derive(Clone, Debug)]
pub(super) struct Keepers {
    pub(super) program: Option<PathBuf>,
    pub(super) is_sandboxed: bool,
}

/// Agents of the user's own.
#[derive(Clone)]
pub(super) struct More(pub(super) Arc<Adding>);

type Adding = dyn Fn(Project, &Path) -> Project + Send + Sync;

impl Keepers {
    pub(super) fn keeper(&self) -> Result<Keeper, KeeperError> {
        let sandbox = if self.is_sandboxed { Sandbox::On } else { Sandbox::Off };
        match &self.program {
            Some(path) => Keeper::of_program(path, sandbox),
            None => Keeper::new(sandbox),
        }
    }
}

impl Crew {
    /// Runs the sessions of a universe until there were enough, or until it fails.
    pub(super) fn run(&self, number: usize, keeper: Option<Keeper>, watch: Watch) {
        if let Err(reason) = self.sessions(number, keeper, watch) {
            self.hunt.failed(number, &reason);
        }
        self.ends().remove(&number);
    }

    fn sessions(&self, number: usize, keeper: Option<Keeper>, watch: Watch) -> Result<(), String> {
        let text = |error: KeeperError| error.to_string();
        let keeper = keeper.map_or_else(|| self.keepers.keeper(), Ok).map_err(text)?;
        if let Ok(end) = keeper.end_from_afar() {
            self.ends().insert(number, Box::new(end));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let seed = self.seed.wrapping_add(number as u64);
        let outcome = runtime.block_on(async {
            let universe = Universe::builder().seed(seed).watch(watch).on(Node::local());
            let mut universe = universe.build();
            self.stopper.add(universe.sender());
            universe.run(self.project(number, keeper)).await
        });
        match outcome.map(|report| report.outcome) {
            Ok(RunOutcome::Failed(reason)) => return Err(reason),
            Ok(RunOutcome::Interrupted) => self.hunt.end(EndReason::Interrupted),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
    }

    fn project(&self, number: usize, keeper: Keeper) -> Project {
        let (hunt, plan) = (&self.hunt, &self.plan);
        let directory = plan.directory.join(format!("universe-{number}"));
        let settings = &plan.project;
        let printed = ["stdout", "stderr"].map(|name| directory.join(name));
        let exit = ExitProbe::new(settings.accepted_exit_codes.clone());
        let dispenser = Dispenser::new(hunt.clone(), plan.clone(), number, directory.clone());
        let project = Project::new(&settings.name)
            .success_score(settings.success_score)
            .error_score(settings.error_score)
            .max_successes(0)
            .agent("dispenser", dispenser)
            .agent("process", Process::new(keeper))
            .agent("exit", exit)
            .agent("output", OutputProbe::new(settings.scanner(), printed))
            .agent("files", FilesProbe::new(directory.clone(), settings.limits.files));
        let project = (self.more.0)(project, &directory);
        project.agent("archivist", Archivist::new(hunt.clone(), plan.clone(), directory))
    }

    /// Gives up a universe whose agent does not return: its program ends, and its thread is left.
    pub(super) fn give_up(&self, number: usize, stuck: &Stuck) {
        self.hunt.failed(number, &stuck.to_string());
        if let Some(end) = self.ends().remove(&number) {
            end();
        }
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<usize, End>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for More {
    fn default() -> Self {
        Self(Arc::new(|project, _| project))
    }
}

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("More")
    }
}
