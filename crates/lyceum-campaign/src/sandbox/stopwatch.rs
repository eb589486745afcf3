//! The machine's time, for a process in which no node runs.

use std::time::{Duration, Instant};

/// Measures from its making. A keeper has no node, so it has no clock to ask: the programs that it
/// times live in the machine's time whatever clock their campaign follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a keeper runs no node and times programs")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
