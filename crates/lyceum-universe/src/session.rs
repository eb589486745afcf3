//! Sessions: one after the other, each with a score.

use lyceum_core::Time;
use serde::{Deserialize, Serialize};

use crate::scope::Belongings;

/// A session that runs.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) number: u64,
    /// How many steps it has had.
    pub(crate) step: u64,
    pub(crate) started: Time,
    /// The sum of the scores of its agents, at the end of the last step.
    pub(crate) score: f64,
    /// Whether it was asked to stop because of its score or its time.
    pub(crate) stopping: bool,
    /// Whether `session_stop` was handled.
    pub(crate) done: bool,
    pub(crate) belongings: Belongings,
}

/// How a session went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its number in the project, from 1.
    pub number: u64,
    /// How many steps it had.
    pub steps: u64,
    /// The sum of the scores of its agents.
    pub score: f64,
    /// Whether that was a success.
    pub success: bool,
    /// How long it took by the node's clock.
    pub duration: std::time::Duration,
}

impl Session {
    pub(crate) fn new(number: u64, started: Time) -> Self {
        Self {
            number,
            step: 0,
            started,
            score: 0.0,
            stopping: false,
            done: false,
            belongings: Belongings::default(),
        }
    }
}
