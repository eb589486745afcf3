//! The end of a campaign's session: what it found is written down, and its directory kept or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;
use lyceum_universe::events::{SessionDone, SessionRename};

use super::{ExitOpinion, OutputOpinion, ProcessExit, ProcessFailed};
use crate::campaign::Plan;
use crate::hunt::{Hunt, Job, Observation, Verdict};
use crate::project::INPUT_FILE;
use crate::replay::Replay;
use crate::{DirectoryName, Find, FindKind, Kept};

/// How many programs in a row may not run before the campaign gives up.
const FAILURES: u32 = 5;

/// Writes down what sessions found.
pub(crate) struct Archivist {
    hunt: Arc<Hunt>,
    plan: Arc<Plan>,
    directory: PathBuf,
    exit: Option<ProcessExit>,
    name: DirectoryName,
    failures: u32,
}

impl Archivist {
    pub(crate) fn new(hunt: Arc<Hunt>, plan: Arc<Plan>, directory: PathBuf) -> Self {
        let name = DirectoryName::new();
        Self { hunt, plan, directory, exit: None, name, failures: 0 }
    }

    /// Keeps the session's directory under the name of what was found.
    fn keep(
        &self,
        name: &DirectoryName,
        job: &Job,
        find: Option<&Find>,
    ) -> Result<String, BoxError> {
        let name = self.hunt.claim(name).ok_or("no name is free for what was found")?;
        let kept = self.plan.directory.join(&name);
        // It may have vanished, but what was found is known all the same.
        fs::create_dir_all(&self.directory)
            .map_err(|error| format!("cannot make {}: {error}", self.directory.display()))?;
        fs::rename(&self.directory, &kept)
            .map_err(|error| format!("cannot keep {}: {error}", kept.display()))?;
        write(&kept.join(INPUT_FILE), &job.input)?;
        Replay::of(&self.plan, find).write(&kept)?;
        Ok(name)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BoxError> {
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(())
}

#[agent]
impl Archivist {
    #[init]
    fn init(&mut self) {
        self.exit = None;
        self.name = DirectoryName::new();
    }

    /// What the program did is known, and others have looked at it before.
    #[event]
    fn exit(&mut self, exit: &ProcessExit, cx: &mut Step<'_>) {
        self.failures = 0;
        self.exit = Some(exit.clone());
        cx.session().stop();
    }

    #[event]
    fn failed(&mut self, failed: &ProcessFailed, cx: &mut Step<'_>) -> Result<(), BoxError> {
        self.failures += 1;
        cx.warning(&failed.reason);
        if let Some(job) = cx.session().take::<Job>() {
            self.hunt.give_back(&job);
        }
        if self.failures >= FAILURES {
            return Err(failed.reason.clone().into());
        }
        cx.session().stop();
        Ok(())
    }

    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.name.push(&rename.part);
    }

    #[event]
    fn done(&mut self, done: &SessionDone, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let (Some(job), Some(exit)) = (cx.session().take::<Job>(), self.exit.take()) else {
            return Ok(());
        };
        let opinion = cx.session().get::<ExitOpinion>().copied();
        let output = cx.session().take::<OutputOpinion>();
        let is_success = done.score >= self.plan.project.success_score;
        let kind = opinion.and_then(|opinion| opinion.kind);
        let kind = kind.or_else(|| is_success.then_some(FindKind::Pattern));
        let hit = output.as_ref().and_then(|output| output.hit.as_ref());
        let printed = output.as_ref().map_or(&[][..], |output| &output.output);
        let find = kind.map(|kind| Find::new(kind, printed, hit));
        let observation = Observation {
            ending: exit.exit.ending,
            duration: exit.exit.wall,
            score: done.score,
            is_refusal: opinion.is_some_and(|opinion| opinion.is_refusal),
            printed,
            find: find.clone(),
        };
        let verdict = self.hunt.record(&job, &observation);
        let mut name = find.as_ref().map(Find::directory).unwrap_or_default();
        if !self.name.is_empty() {
            name.push(&self.name.to_string());
        }
        match (verdict, self.plan.project.keep) {
            (Verdict::New(place), _) => {
                let kept = self.keep(&name, &job, find.as_ref())?;
                cx.info(format!("found {kept}"));
                self.hunt.kept(place, kept);
            }
            (Verdict::Known, Kept::Successes | Kept::All) | (Verdict::Nothing, Kept::All) => {
                self.keep(&name, &job, find.as_ref())?;
            }
            _ => {}
        }
        Ok(())
    }
}
