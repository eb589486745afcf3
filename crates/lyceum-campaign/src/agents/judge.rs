//! Runs one program in a session of its own, and tells what the session's agents think of it.

use std::sync::{Arc, Mutex, PoisonError};

use lyceum_core::BoxError;
use lyceum_macros::agent;
use lyceum_universe::Step;
use lyceum_universe::events::{SessionDone, SessionRename};

use super::{ExitOpinion, OutputOpinion, ProcessCreate, ProcessExit, ProcessFailed, judgement};
use crate::process::{Exit, Program};
use crate::{DirectoryName, Find};

/// What became of a program that was run for its judgement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judged {
    /// How it ended; nothing if the agents were sure before.
    pub(crate) exit: Option<Exit>,
    pub(crate) find: Option<Find>,
    /// Why it could not be run.
    pub(crate) failure: Option<String>,
}

/// Has one program run, and takes down what the session found.
pub(crate) struct Judge {
    program: Option<Program>,
    success_score: f64,
    name: DirectoryName,
    judged: Arc<Mutex<Judged>>,
}

impl Judge {
    pub(crate) fn new(program: Program, success_score: f64) -> (Self, Arc<Mutex<Judged>>) {
        let judged = Arc::<Mutex<Judged>>::default();
        let name = DirectoryName::new();
        let judge = Self { program: Some(program), success_score, name, judged: judged.clone() };
        (judge, judged)
    }

    fn note(&self, take: impl FnOnce(&mut Judged)) {
        take(&mut self.judged.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[agent]
impl Judge {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if let Some(program) = self.program.take() {
            cx.session().put(program);
            cx.send(ProcessCreate {})?;
        }
        Ok(())
    }

    /// Others have looked at it before.
    #[event]
    fn exit(&mut self, exit: &ProcessExit, cx: &mut Step<'_>) {
        self.note(|judged| judged.exit = Some(exit.exit.clone()));
        cx.session().stop();
    }

    #[event]
    fn failed(&mut self, failed: &ProcessFailed, cx: &mut Step<'_>) {
        self.note(|judged| judged.failure = Some(failed.reason.clone()));
        cx.session().stop();
    }

    #[event]
    fn rename(&mut self, rename: &SessionRename) {
        self.name.push(&rename.part);
    }

    #[event]
    fn done(&mut self, done: &SessionDone, cx: &mut Step<'_>) {
        let opinion = cx.session().get::<ExitOpinion>().copied();
        let output = cx.session().take::<OutputOpinion>().unwrap_or_default();
        let kind = opinion.and_then(|opinion| opinion.kind);
        let is_success = done.score >= self.success_score;
        let find = judgement::find(is_success, kind, &output, &self.name);
        self.note(|judged| judged.find = find);
    }
}
