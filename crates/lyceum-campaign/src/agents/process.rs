//! An actuator: runs the program that a session has.

use std::sync::Arc;

use futures_util::future::{Either, select};
use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use crate::process::{Exit, Program};
use crate::sandbox::Keeper;

/// The session has a program that is to run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Event)]
pub struct ProcessCreate {}

/// The session's program has ended.
#[derive(Clone, Debug, Serialize, Deserialize, Event)]
pub struct ProcessExit {
    /// How.
    pub exit: Exit,
}

/// The session's program could not be run, or was lost.
#[derive(Clone, Debug, Serialize, Deserialize, Event)]
pub struct ProcessFailed {
    /// Why.
    pub reason: String,
}

/// How a program ended, for the agent that started it; of which session it was.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "process_ended")]
struct Ended {
    session: u64,
    outcome: Result<Exit, String>,
}

/// Runs the session's program on [`ProcessCreate`], and sends [`ProcessExit`] or [`ProcessFailed`].
///
/// When the session ends before the program, it is ended with everything that it started.
pub struct Process {
    keeper: Arc<Mutex<Keeper>>,
    /// Ends the program that runs.
    stop: Option<Arc<Notify>>,
}

impl Process {
    /// Makes an agent that runs programs by this keeper, one in each session.
    pub fn new(keeper: Keeper) -> Self {
        Self { keeper: Arc::new(Mutex::new(keeper)), stop: None }
    }
}

#[agent]
impl Process {
    #[event]
    fn create(&mut self, _create: &ProcessCreate, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let session = cx.session().number();
        let program = cx.session().take::<Program>();
        let program = program.ok_or("`process_create` without a `Program` in the session")?;
        let stop = Arc::new(Notify::new());
        if let Some(former) = self.stop.replace(stop.clone()) {
            former.notify_one();
        }
        let keeper = self.keeper.clone();
        cx.ask(run(keeper, program, stop), move |outcome| Ended { session, outcome });
        Ok(())
    }

    #[event]
    fn ended(&mut self, ended: &Ended, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().number() != ended.session {
            return Ok(());
        }
        self.stop = None;
        match &ended.outcome {
            Ok(exit) => cx.send(ProcessExit { exit: exit.clone() })?,
            Err(reason) => cx.send(ProcessFailed { reason: reason.clone() })?,
        }
        Ok(())
    }

    #[deinit]
    fn deinit(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.notify_one();
        }
    }
}

/// Runs a program to its end, or until it is told to stop it.
async fn run(
    keeper: Arc<Mutex<Keeper>>,
    program: Program,
    stop: Arc<Notify>,
) -> Result<Exit, String> {
    // The program of the session before may be about to end.
    let mut keeper = keeper.lock().await;
    keeper.start(&program).map_err(|error| told(&error))?;
    let stopped = {
        let ended = std::pin::pin!(keeper.exited());
        match select(ended, std::pin::pin!(stop.notified())).await {
            Either::Left((exit, _)) => return exit.map_err(|error| told(&error)),
            Either::Right(((), _)) => true,
        }
    };
    if stopped {
        keeper.stop();
    }
    keeper.exited().await.map_err(|error| told(&error))
}

/// Returns the texts of an error and of its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("runs", &self.stop.is_some()).finish_non_exhaustive()
    }
}
