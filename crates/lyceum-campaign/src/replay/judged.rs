//! What was found, run again before the agents who found it.

use std::path::Path;
use std::sync::PoisonError;

use lyceum_core::Node;
use lyceum_universe::{Project, RunOutcome, Universe};

use super::{Replay, ReplayError, Replayed};
use crate::ProjectFile;
use crate::agents::{ExitProbe, FilesProbe, Judge, Judged, OutputProbe, Process};
use crate::process::Program;
use crate::sandbox::{Keeper, Sandbox};

impl Replay {
    /// Runs the program again in a session of a universe, with the agents that a campaign was given
    /// by [`Campaign::agents`](crate::Campaign::agents): a find of the kind
    /// [`Opinion`](crate::FindKind::Opinion) is theirs, and nobody else can tell it again.
    ///
    /// `project` is that of the campaign: patterns and scores count as they stand there now.
    /// `agents` is what the campaign was given.
    ///
    /// ```no_run
    /// use std::path::Path;
    /// use std::time::Duration;
    ///
    /// use lyceum_campaign::agents::TimeProbe;
    /// use lyceum_campaign::sandbox::main_if_stub;
    /// use lyceum_campaign::{ProjectFile, Replay};
    /// use lyceum_universe::Project;
    ///
    /// /// The same for the campaign and for what it found.
    /// fn with_mine(project: Project, _directory: &Path) -> Project {
    ///     project.agent("time", TimeProbe::new(Duration::ZERO, Duration::from_millis(50)))
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     main_if_stub();
    ///     let project = ProjectFile::read(Path::new("parser.toml"))?;
    ///     let replay = Replay::read(Path::new("parser-campaign/opinion"))?;
    ///     let replayed = replay.run_with(&project, with_mine)?;
    ///     println!("{:?}", replayed.verdict);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and where an agent fails.
    pub fn run_with(
        &self,
        project: &ProjectFile,
        agents: impl FnOnce(Project, &Path) -> Project,
    ) -> Result<Replayed, ReplayError> {
        let sandbox = if self.is_sandboxed { Sandbox::On } else { Sandbox::Off };
        self.run_with_by(Keeper::new(sandbox)?, project, agents)
    }

    /// The same, by a keeper that the caller has.
    ///
    /// # Errors
    ///
    /// As [`run_with`](Self::run_with).
    pub fn run_with_by(
        &self,
        keeper: Keeper,
        project: &ProjectFile,
        agents: impl FnOnce(Project, &Path) -> Project,
    ) -> Result<Replayed, ReplayError> {
        let (program, directory) = self.prepare()?;
        let Judged { exit, find, failure } =
            self.judged(keeper, project, agents, program, &directory)?;
        if let Some(reason) = failure {
            return Err(ReplayError::Agents { reason });
        }
        let verdict = self.verdict(find.as_ref());
        Ok(Replayed { exit, find, verdict, directory })
    }

    fn judged(
        &self,
        keeper: Keeper,
        file: &ProjectFile,
        agents: impl FnOnce(Project, &Path) -> Project,
        program: Program,
        directory: &Path,
    ) -> Result<Judged, ReplayError> {
        let failed = |reason: String| ReplayError::Agents { reason };
        let printed = [program.output_path(), program.error_output_path()];
        let (judge, judged) = Judge::new(program, file.success_score);
        let project = Project::new(&file.name)
            .success_score(file.success_score)
            .error_score(file.error_score)
            .max_sessions(1)
            .max_successes(0)
            .agent("process", Process::new(keeper))
            .agent("exit", ExitProbe::new(self.accepted.clone()))
            .agent("output", OutputProbe::new(file.scanner(), printed))
            .agent("files", FilesProbe::new(directory, self.file_limit));
        let project = agents(project, directory).agent("judge", judge);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(format!("no runtime: {error}")))?;
        let ran = runtime
            .block_on(async { Universe::builder().on(Node::local()).build().run(project).await });
        match ran.map(|report| report.outcome) {
            Ok(RunOutcome::Failed(reason)) => Err(failed(reason)),
            Ok(_) => Ok(judged.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
