//! The end of a campaign's session: what it found is written down, and its directory kept or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;
use lyceum_universe::events::{SessionDone, SessionRename};

use super::{ExitOpinion, OutputOpinion, ProcessExit, ProcessFailed, judgement};
use crate::campaign::Plan;
use crate::hunt::{Hunt, Job, Observation, Verdict};
use crate::process::Ending;
use crate::project::INPUT_FILE;
use crate::replay::Replay;
use crate::{DirectoryName, Find, Kept};

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

    /// Counts what could not be run.
    fn fail(&mut self, reason: &str) -> Result<(), BoxError> {
        self.failures += 1;
        if self.failures >= FAILURES { Err(reason.into()) } else { Ok(()) }
    }

    /// Keeps the session's directory under the name of what was found.
    fn keep(&self, kept: &Path, job: &Job, find: Option<&Find>) -> Result<(), BoxError> {
        // It may have vanished, but what was found is known all the same.
        fs::create_dir_all(&self.directory)
            .map_err(|error| format!("cannot make {}: {error}", self.directory.display()))?;
        // The one that was made for the name is empty.
        fs::rename(&self.directory, kept)
            .map_err(|error| format!("cannot keep {}: {error}", kept.display()))?;
        write(&kept.join(INPUT_FILE), &job.input)?;
        Replay::of(&self.plan, find).write(kept)?;
        Ok(())
    }

    /// Keeps what the session left, if it is worth it.
    fn file(&self, verdict: Verdict, job: &Job, find: Option<&Find>) -> Result<(), BoxError> {
        let place = match (verdict, self.plan.project.keep) {
            (Verdict::New(place), _) => Some(place),
            (Verdict::Known, Kept::Successes | Kept::All) | (Verdict::Nothing, Kept::All) => None,
            _ => return Ok(()),
        };
        let mut name = find.map(Find::directory).unwrap_or_default();
        if !self.name.is_empty() {
            name.push(&self.name.to_string());
        }
        let claimed = self.hunt.claim(&name);
        let name = claimed.map_err(|error| format!("cannot make a directory {name}: {error}"))?;
        let kept = self.plan.directory.join(&name);
        match place {
            Some(place) => self.hunt.kept(place, name),
            None => self.hunt.kept_dull(kept.clone()),
        }
        self.keep(&kept, job, find)
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
        cx.warning(&failed.reason);
        if let Some(job) = cx.session().take::<Job>() {
            self.hunt.give_back(job);
        }
        cx.session().stop();
        self.fail(&failed.reason)
    }

    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.name.push(&rename.part);
    }

    #[event]
    fn done(&mut self, done: &SessionDone, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let Some(job) = cx.session().take::<Job>() else { return Ok(()) };
        let exit = self.exit.take().map(|exit| exit.exit);
        let settings = &self.plan.project;
        let is_refused = done.score <= settings.error_score;
        if exit.is_none() && !is_refused && done.score < settings.success_score {
            // Somebody ended the session early, and nobody knows what would have been.
            self.hunt.give_back(job);
            return self.fail("the session was ended before its program");
        }
        let opinion = cx.session().get::<ExitOpinion>().copied();
        let output = cx.session().take::<OutputOpinion>().unwrap_or_default();
        let is_success = done.score >= settings.success_score;
        let kind = opinion.and_then(|opinion| opinion.kind);
        let find = judgement::find(is_success, kind, &output, &self.name);
        // One that was judged while it ran is killed when the session is over.
        let killed = Ending::Signal { number: 9 };
        let observation = Observation {
            ending: exit.as_ref().map_or(killed, |exit| exit.ending),
            duration: exit.map_or_else(|| cx.session().elapsed(), |exit| exit.wall),
            score: done.score,
            is_refusal: opinion.map_or(is_refused, |opinion| opinion.is_refusal),
            printed: &output.output,
            find: find.clone(),
        };
        let verdict = self.hunt.record(&job, &observation);
        self.file(verdict, &job, find.as_ref())
    }
}
