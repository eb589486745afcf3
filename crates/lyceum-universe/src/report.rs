//! Reports: how a run went.

use crate::session::SessionRecord;
use crate::world::Counts;

/// How a run went.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it says whether the run failed"]
pub struct Report {
    /// The project's name.
    pub project: String,
    /// How many steps it had.
    pub steps: u64,
    /// How many sessions began.
    pub sessions: u64,
    /// How many of them were a success.
    pub successes: u64,
    /// How the sessions went; the last 100,000 of them.
    pub records: Vec<SessionRecord>,
    /// What happened in numbers.
    pub counts: Counts,
    /// Why it ended.
    pub outcome: RunOutcome,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunOutcome {
    /// It had enough sessions or successes, or somebody asked for the end.
    Finished,
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// An agent failed, or the application says that something is wrong.
    Failed(String),
    /// Nothing could happen any more: no agent lives, nothing was sent, and nobody waits.
    Quiet,
}

impl Report {
    /// Returns the exit code of a program that ran this: 0 if it finished, whatever it found, 1
    /// after a failure, 130 if it was interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            RunOutcome::Finished | RunOutcome::Quiet => 0,
            RunOutcome::Failed(_) => 1,
            RunOutcome::Interrupted => 130,
        }
    }
}
