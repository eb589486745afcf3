//! Times of a node's clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A time of a node's clock, counted from the node's start.
///
/// ```
/// use std::time::Duration;
/// use lyceum::Time;
///
/// let later = Time::START + Duration::from_secs(90);
/// assert_eq!(later - Time::START, Duration::from_secs(90));
/// assert_eq!(later.to_string(), "90s");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

/// A time of the clock, or a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A time of the node's clock.
    Time(Time),
    /// A date.
    Utc(Timestamp),
}

impl Time {
    /// The start of the node.
    pub const START: Self = Self(0);

    /// Makes a time from nanoseconds since the node's start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns nanoseconds since the node's start.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Returns the time since the node's start.
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Adds; the end of time is not passed.
    fn add(self, after: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Time {
    type Output = Duration;

    /// Returns the time between the two, zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.since_start())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Time({self})")
    }
}

impl From<Time> for When {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

impl From<Timestamp> for When {
    fn from(date: Timestamp) -> Self {
        Self::Utc(date)
    }
}
