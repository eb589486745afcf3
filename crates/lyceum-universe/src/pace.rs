//! Pacing: how fast steps follow each other.

use std::time::Duration;

/// How fast steps follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they go. On a simulated node each step takes a millisecond of its time.
    Free,
    /// So much time lies between the end of a step and the beginning of the next.
    Step(Duration),
    /// A step begins each time that so much time has passed; one that takes longer delays the next.
    Clock(Duration),
}

impl Pace {
    /// A millisecond between steps.
    pub const FAST: Self = Self::Step(Duration::from_millis(1));
    /// Ten milliseconds between steps.
    pub const NORMAL: Self = Self::Step(Duration::from_millis(10));
    /// Fifty milliseconds between steps.
    pub const SLOW: Self = Self::Step(Duration::from_millis(50));

    /// Returns how much time a step takes on a simulated node.
    pub(crate) fn simulated(self) -> Duration {
        match self {
            Self::Free => Duration::from_millis(1),
            Self::Step(time) | Self::Clock(time) => time,
        }
    }
}
