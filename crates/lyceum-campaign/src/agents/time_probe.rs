//! A probe: judges how long a program took.

use std::time::Duration;

use lyceum_macros::agent;

use super::ProcessExit;

/// Judges how long the session's program took: -1 if it was too fast, since it did nothing, and 1
/// if it was too slow.
#[derive(Debug)]
pub struct TimeProbe {
    least: Duration,
    most: Duration,
    score: Option<f64>,
}

impl TimeProbe {
    /// Makes a probe for programs that take at least, and at most, so long.
    pub fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, score: None }
    }
}

#[agent]
impl TimeProbe {
    #[init]
    fn init(&mut self) {
        self.score = None;
    }

    #[event]
    fn exit(&mut self, exit: &ProcessExit) {
        self.score = Some(match exit.exit.wall {
            wall if wall < self.least => -1.0,
            wall if wall > self.most => 1.0,
            _ => 0.0,
        });
    }

    #[score]
    fn score(&self) -> Option<f64> {
        self.score
    }
}
