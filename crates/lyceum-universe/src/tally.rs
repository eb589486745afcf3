//! Tallies: what universes that run one project side by side have found together.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::session::SessionRecord;

/// What universes that run one project side by side have found together.
///
/// Those that share one count the project's limits together: it ends in all of them once there were
/// enough sessions or successes.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum::universe::{Project, Tally, Universe, Universes};
///
/// struct Lucky;
///
/// #[agent]
/// impl Lucky {
///     #[score]
///     fn score(&self) -> f64 {
///         0.75
///     }
/// }
///
/// let tally = Tally::default();
/// let shared = tally.clone();
/// let results = Universes::threads(2).run(0..2, move |seed, watch| {
///     let mut universe = Universe::builder().seed(seed).tally(&shared).watch(watch).build();
///     let project = Project::new("luck").agent("lucky", Lucky).max_successes(10);
///     lyceum::block_on(universe.run(project)).map(|report| report.sessions)
/// });
/// assert!(results.iter().all(Result::is_ok));
/// // Each may have had one more under way.
/// assert!((10..=11).contains(&tally.sessions()));
/// assert_eq!(tally.best(), Some(0.75));
/// ```
#[derive(Clone, Default)]
pub struct Tally(Arc<Mutex<Found>>);

#[derive(Clone, Copy, Debug, Default)]
struct Found {
    sessions: u64,
    successes: u64,
    sum: f64,
    best: Option<f64>,
    worst: Option<f64>,
}

impl Tally {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds how a session went.
    pub(crate) fn add(&self, record: &SessionRecord) {
        let mut found = self.found();
        found.sessions += 1;
        found.successes += u64::from(record.success);
        found.sum += record.score;
        found.best = Some(found.best.map_or(record.score, |best| best.max(record.score)));
        found.worst = Some(found.worst.map_or(record.score, |worst| worst.min(record.score)));
    }

    /// Returns how many sessions have ended.
    pub fn sessions(&self) -> u64 {
        self.found().sessions
    }

    /// Returns how many of them were a success.
    pub fn successes(&self) -> u64 {
        self.found().successes
    }

    /// Returns the best score, if a session has ended.
    pub fn best(&self) -> Option<f64> {
        self.found().best
    }

    /// Returns the worst score, if a session has ended.
    pub fn worst(&self) -> Option<f64> {
        self.found().worst
    }

    /// Returns the mean score, if a session has ended.
    pub fn mean(&self) -> Option<f64> {
        let found = *self.found();
        #[expect(clippy::cast_precision_loss, reason = "a mean of scores is rounded anyhow")]
        let mean = found.sum / found.sessions as f64;
        (found.sessions > 0).then_some(mean)
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found().fmt(f)
    }
}
