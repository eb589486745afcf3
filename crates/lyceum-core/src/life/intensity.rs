//! Counting failures within a period, for whoever restarts something.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Restart;
use crate::Time;

/// Counts failures within the period of a restart policy.
///
/// Whoever restarts something counts by it: an agent by itself, a supervisor for all its members,
/// and a manager, to which it is the same whether the agent failed or its whole process.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum::{Intensity, Restart, Time};
///
/// let policy = Restart::default().limit(2, Duration::from_secs(10));
/// let failures = Intensity::default();
/// let at = |seconds| Time::START + Duration::from_secs(seconds);
/// assert_eq!(failures.count(at(0), policy), Some(1));
/// assert_eq!(failures.count(at(1), policy), Some(2));
/// assert_eq!(failures.count(at(2), policy), None, "one too many");
/// assert_eq!(failures.count(at(60), policy), Some(1), "the others are long past");
/// ```
#[derive(Debug, Default)]
pub struct Intensity(Mutex<VecDeque<Time>>);

impl Intensity {
    /// Counts a failure; returns which restart within the period it leads to, counted from one, or
    /// `None` if the policy allows no further one.
    pub fn count(&self, now: Time, policy: Restart) -> Option<u32> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while failures.front().is_some_and(|first| now - *first > policy.within) {
            failures.pop_front();
        }
        let nth = u32::try_from(failures.len()).ok()?.checked_add(1)?;
        if nth > policy.limit {
            return None;
        }
        failures.push_back(now);
        Some(nth)
    }
}
