//! Places: who changes a blob's files.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::BlobId;

/// How many places there are. Blobs whose numbers lead to the same one wait for each other.
const COUNT: usize = 256;

/// A lock for each blob, of which some share one.
#[derive(Debug)]
pub(super) struct Places([Mutex<()>; COUNT]);

impl Places {
    /// Takes the place of a blob; blocks while somebody else has it.
    pub(super) fn take(&self, id: BlobId) -> MutexGuard<'_, ()> {
        self.of(id).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of a blob, unless somebody else has it.
    pub(super) fn try_take(&self, id: BlobId) -> Option<MutexGuard<'_, ()>> {
        match self.of(id).try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn of(&self, id: BlobId) -> &Mutex<()> {
        &self.0[id.share(COUNT)]
    }
}

impl Default for Places {
    fn default() -> Self {
        Self([const { Mutex::new(()) }; COUNT])
    }
}
