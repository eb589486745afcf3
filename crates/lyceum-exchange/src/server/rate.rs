//! How many requests one principal may make.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::mailbox::Moment;

/// Principals that are counted at a time.
const MOST: usize = 10_000;

/// A bucket for each principal, from which a request takes one of the tokens that drip into it.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    /// In thousandths of a request.
    level: u64,
    since: Moment,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Counts a request; says whether it may be made.
    pub(crate) fn admits(&self, subject: &str, now: Moment) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = u64::from(self.per_second) * 1_000;
        if !buckets.contains_key(subject) {
            if buckets.len() >= MOST {
                // Whoever has not asked for a second has a full bucket, as a new one has.
                buckets.retain(|_, bucket| now.since(bucket.since).as_millis() < 1_000);
            }
            buckets.insert(subject.to_owned(), Bucket { level: full, since: now });
        }
        let Some(bucket) = buckets.get_mut(subject) else { return false };
        let passed = u64::try_from(now.since(bucket.since).as_millis()).unwrap_or(u64::MAX);
        let dripped = passed.saturating_mul(u64::from(self.per_second));
        bucket.level = bucket.level.saturating_add(dripped).min(full);
        bucket.since = now;
        let admits = bucket.level >= 1_000;
        if admits {
            bucket.level -= 1_000;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_cut_off_and_time_fills_the_bucket_again() {
        let rate = Rate::new(10);
        let at = Moment::from_millis;
        let burst = (0..20).filter(|_| rate.admits("ada", at(5_000))).count();
        assert_eq!(burst, 10);
        assert!(rate.admits("bob", at(5_000)), "each has a bucket of his own");
        assert!(!rate.admits("ada", at(5_099)));
        assert!(rate.admits("ada", at(5_199)));
        assert_eq!((0..20).filter(|_| rate.admits("ada", at(9_000))).count(), 10);
    }
}
