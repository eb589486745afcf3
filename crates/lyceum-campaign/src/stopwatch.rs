//! The machine's time, for what lives in it whatever clock a node has.

use std::time::{Duration, Instant};

/// Measures from its making. A keeper has no node, so it has no clock to ask: the programs that it
/// times live in the machine's time whatever clock their campaign follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a keeper runs no node and times programs")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
