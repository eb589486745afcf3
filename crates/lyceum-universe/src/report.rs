//! Reports: how a run went.

use std::fmt;

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
    /// Nothing happened in 100,000 steps on a simulated node: no agent lives, nothing was sent, and
    /// nobody has anything to do.
    Quiet,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, steps, sessions, successes, outcome, .. } = self;
        let one = |count: u64| if count == 1 { "" } else { "s" };
        let more = if *successes == 1 { "" } else { "es" };
        write!(
            f,
            "{project}: {sessions} session{} in {steps} step{}, {successes} success{more}; {outcome}",
            one(*sessions),
            one(*steps),
        )
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
            Self::Quiet => f.write_str("nothing happened any more"),
        }
    }
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
