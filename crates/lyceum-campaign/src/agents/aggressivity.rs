//! How strongly inputs are changed, for projects of any kind.

use lyceum_core::BoxError;
use lyceum_macros::{Event, agent};
use lyceum_universe::Step;
use lyceum_universe::events::SessionDone;
use serde::{Deserialize, Serialize};

use crate::Strength;

/// How strongly the session's inputs are to be changed; sent when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Event)]
pub struct AggressivityValue {
    /// From 0.01 to 1.00.
    pub value: f64,
}

/// Hears what sessions scored, and says in the next one how strongly inputs are to be changed.
#[derive(Debug)]
pub struct Aggressivity {
    strength: Strength,
    success_score: f64,
}

impl Aggressivity {
    /// Makes an agent that starts with a strength; from `success_score` on a session succeeded.
    pub fn new(strength: Strength, success_score: f64) -> Self {
        Self { strength, success_score }
    }
}

#[agent]
impl Aggressivity {
    #[event(session_start)]
    fn begin(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        Ok(cx.send(AggressivityValue { value: self.strength.value() })?)
    }

    #[event]
    fn done(&mut self, done: &SessionDone) {
        self.strength.record(done.score, done.score >= self.success_score);
    }
}
