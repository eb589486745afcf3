//! Claims: what the owner of data knows a reference by.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lyceum_core::Time;

use crate::error::BlobFault;
use crate::owner::FLOOR;
use crate::shelf::BlobId;

/// How many references may be passed on before the owner has heard of them.
const PASSED_LIMIT: usize = 4096;

/// What the owner knows a reference by.
pub(crate) struct Claim {
    pub(crate) id: BlobId,
    pub(crate) number: u64,
    lease: Duration,
    noted: Mutex<Noted>,
}

struct Noted {
    /// Until when the reference is good unless it is renewed.
    until: Time,
    /// Whether anybody read by it.
    is_used: bool,
    /// References that were passed on, and that the owner has not heard of.
    passed: Vec<u64>,
}

impl Claim {
    pub(crate) fn new(id: BlobId, number: u64, lease: Duration, now: Time) -> Self {
        let noted = Noted { until: now + lease, is_used: false, passed: Vec::new() };
        Self { id, number, lease, noted: Mutex::new(noted) }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how long to wait before it is renewed.
    pub(crate) fn pause(&self) -> Duration {
        (self.lease / 3).max(FLOOR)
    }

    /// Returns how long it is good for unless it is renewed.
    pub(crate) fn left(&self, now: Time) -> Duration {
        self.noted().until.since_start().saturating_sub(now.since_start())
    }

    /// Notes that the owner renewed it.
    pub(crate) fn renew(&self, now: Time) {
        self.noted().until = now + self.lease;
    }

    /// Notes that somebody reads by it.
    pub(crate) fn enter_use(&self) {
        self.noted().is_used = true;
    }

    pub(crate) fn is_used(&self) -> bool {
        self.noted().is_used
    }

    /// Notes that it was passed on, by a number of its own.
    ///
    /// # Errors
    ///
    /// Says that the owner has not heard of too many.
    pub(crate) fn pass_on(&self, number: u64) -> Result<(), BlobFault> {
        let mut noted = self.noted();
        if noted.passed.len() >= PASSED_LIMIT {
            return Err(BlobFault::too_many_references(PASSED_LIMIT));
        }
        noted.passed.push(number);
        Ok(())
    }

    /// Returns the references that were passed on.
    pub(crate) fn passed(&self) -> Vec<u64> {
        self.noted().passed.clone()
    }

    /// Forgets the first of them: the owner has heard.
    pub(crate) fn forget_passed(&self, count: usize) {
        let mut noted = self.noted();
        let count = count.min(noted.passed.len());
        noted.passed.drain(..count);
    }
}
