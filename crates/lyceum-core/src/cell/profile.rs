//! Profiles: how long an action runs, measured on samples.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// An action is short below this.
const SHORT: Duration = Duration::from_micros(20);
/// One-way messages run in their senders below this: about what queueing one costs.
const TINY: Duration = Duration::from_micros(2);
/// How many runs must be short before the action runs in its callers.
const SAMPLES: u32 = 4;
/// One run in so many is measured from then on; a power of two.
const PERIOD: u32 = 64;

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

/// What was measured of an action so far. One for each action, in a static of its own.
#[derive(Debug)]
pub struct Profile {
    /// How many runs in a row were short, up to [`SAMPLES`].
    short_runs: AtomicU32,
    /// The longest of the last runs in nanoseconds, roughly.
    typical_nanos: AtomicU32,
}

impl Profile {
    /// Makes a profile of an action that never ran.
    #[expect(clippy::new_without_default, reason = "a default is not const")]
    pub const fn new() -> Self {
        Self { short_runs: AtomicU32::new(0), typical_nanos: AtomicU32::new(0) }
    }

    /// Returns whether the last samples were all short.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        self.short_runs.load(Ordering::Relaxed) >= SAMPLES
    }

    /// Returns whether the last samples were so short that queueing would cost as much.
    #[inline]
    pub(crate) fn is_tiny(&self) -> bool {
        self.is_short() && self.typical() < TINY
    }

    /// Returns whether the next run is to be measured.
    #[inline]
    pub(crate) fn wants_sample(&self) -> bool {
        let run = RUNS.get();
        RUNS.set(run.wrapping_add(1));
        run.is_multiple_of(PERIOD) || !self.is_short()
    }

    /// Returns how long a run takes, roughly.
    pub(crate) fn typical(&self) -> Duration {
        Duration::from_nanos(self.typical_nanos.load(Ordering::Relaxed).into())
    }

    /// Notes one measured run.
    pub(crate) fn note(&self, run: Duration) {
        let nanos = u32::try_from(run.as_nanos()).unwrap_or(u32::MAX);
        let before = self.typical_nanos.load(Ordering::Relaxed);
        self.typical_nanos.store(nanos.max(before - before / 4), Ordering::Relaxed);
        let short_runs = self.short_runs.load(Ordering::Relaxed);
        let next = if run < SHORT { (short_runs + 1).min(SAMPLES) } else { 0 };
        if next != short_runs {
            self.short_runs.store(next, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_short_after_a_few_short_runs_and_not_after_one_long_run() {
        let profile = Profile::new();
        for _ in 0..SAMPLES {
            assert!(!profile.is_short());
            profile.note(Duration::from_micros(1));
        }
        assert!(profile.is_short());
        profile.note(Duration::from_millis(1));
        assert!(!profile.is_short());
        assert!(profile.typical() >= Duration::from_micros(900));
        assert!(!profile.is_tiny());
    }
}
