//! What a figure counts.

use std::fmt;

/// One figure: its name in tables and files, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric(pub &'static str, pub Unit);

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
    Gigabytes,
    ThousandsPerSecond,
    MillionsPerSecond,
}

impl Unit {
    /// Returns whether more is better.
    pub const fn is_rate(self) -> bool {
        matches!(self, Self::ThousandsPerSecond | Self::MillionsPerSecond)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::Gigabytes => "GB",
            Self::ThousandsPerSecond => "k/s",
            Self::MillionsPerSecond => "M/s",
        })
    }
}
