//! An actuator: runs the program that a session has.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_core::{BoxError, full_text};
use lyceum_macros::{Event, agent};
use lyceum_universe::{Sender, Step};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use crate::process::{Exit, Program};
use crate::sandbox::{Keeper, StartError, WaitError};

/// The session has a program that is to run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Event)]
pub struct ProcessCreate {}

/// The program that a [`Process`] was told to run; it leaves it in the session for others.
#[derive(Clone, Debug)]
pub struct SessionProgram(pub Arc<Program>);

/// The session's program runs; sent by a [`Process`] that [tells it](Process::tells_number).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Event)]
pub struct ProcessPid {
    /// The number of its first process.
    pub number: u32,
}

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

/// Which process a program is, for the agent that started it.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "process_began")]
struct Began {
    session: u64,
    number: u32,
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
    tells_number: bool,
}

/// How long a keeper may take to tell that a program has ended whose time is over.
const ANSWER: Duration = Duration::from_secs(10);

impl Process {
    /// Makes an agent that runs programs by this keeper, one in each session.
    pub fn new(keeper: Keeper) -> Self {
        Self { keeper: Arc::new(Mutex::new(keeper)), stop: None, tells_number: false }
    }

    /// Lets it send a [`ProcessPid`] when a program runs, for probes that look at it meanwhile.
    #[must_use]
    pub fn tells_number(mut self) -> Self {
        self.tells_number = true;
        self
    }
}

#[agent]
impl Process {
    #[event]
    fn create(&mut self, _create: &ProcessCreate, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let session = cx.session().number();
        let program = cx.session().take::<Program>();
        let program = program.ok_or("`process_create` without a `Program` in the session")?;
        let program = Arc::new(program);
        cx.session().put(SessionProgram(program.clone()));
        let stop = Arc::new(Notify::new());
        if let Some(former) = self.stop.replace(stop.clone()) {
            former.notify_one();
        }
        let keeper = self.keeper.clone();
        let to = cx.number();
        let sender = if self.tells_number { Sender::of(cx.node()) } else { None };
        let began = move |number| {
            if let Some(sender) = &sender {
                // The universe may have ended.
                let _ = sender.send_to(to, Began { session, number });
            }
        };
        cx.ask(run(keeper, program, stop, began), move |outcome| Ended { session, outcome });
        Ok(())
    }

    #[event]
    fn began(&mut self, began: &Began, cx: &mut Step<'_>) -> Result<(), BoxError> {
        if cx.session().number() == began.session && self.stop.is_some() {
            cx.send(ProcessPid { number: began.number })?;
        }
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
///
/// A keeper that is gone, or does not answer in time, is replaced for the next program.
async fn run(
    keeper: Arc<Mutex<Keeper>>,
    program: Arc<Program>,
    stop: Arc<Notify>,
    began: impl Fn(u32) + Send,
) -> Result<Exit, String> {
    // The program of the session before may be about to end.
    let mut keeper = keeper.lock().await;
    let outcome = match keeper.start(&program) {
        Ok(()) => ended(&mut keeper, &program, &stop, began).await,
        Err(StartError::Lost { source }) => Err(WaitError::Lost { source }),
        Err(error) => return Err(full_text(&error)),
    };
    let Err(error) = outcome else { return outcome.map_err(|error| full_text(&error)) };
    let mut reason = full_text(&error);
    if matches!(error, WaitError::Lost { .. })
        && let Err(error) = keeper.renew()
    {
        reason = format!("{reason}; {}", full_text(&error));
    }
    Err(reason)
}

/// Waits for the end of a program that runs.
async fn ended(
    keeper: &mut Keeper,
    program: &Program,
    stop: &Notify,
    began: impl Fn(u32),
) -> Result<Exit, WaitError> {
    let silent = || WaitError::Lost { source: io::ErrorKind::TimedOut.into() };
    let limits = &program.limits;
    let patience = limits.wall.saturating_add(limits.grace).saturating_add(ANSWER);
    {
        let exited = pin!(timeout(patience, keeper.exited_after(began)));
        match select(exited, pin!(stop.notified())).await {
            Either::Left((exit, _)) => return exit.unwrap_or_else(|_| Err(silent())),
            Either::Right(((), _)) => {}
        }
    }
    keeper.stop();
    let patience = limits.grace.saturating_add(ANSWER);
    timeout(patience, keeper.exited()).await.unwrap_or_else(|_| Err(silent()))
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("runs", &self.stop.is_some()).finish_non_exhaustive()
    }
}
