//! Which decoders the sessions of a campaign reached.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lyceum::campaign::agents::ProcessExit;
use lyceum::prelude::*;

/// How often each decoder was reached, in all universes together.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<BTreeMap<String, u64>>>);

/// Counts the sessions of one universe.
pub(crate) struct Counter {
    tally: Tally,
    /// What the program of a session prints to.
    printed: PathBuf,
}

impl Tally {
    /// Returns an agent that counts the sessions whose program runs in a directory.
    pub(crate) fn counter(&self, directory: &Path) -> Counter {
        Counter { tally: self.clone(), printed: directory.join("stdout") }
    }

    /// Returns how often a decoder was reached.
    pub(crate) fn of(&self, decoder: &str) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(decoder).copied().unwrap_or_default()
    }
}

#[agent]
impl Counter {
    #[event]
    fn count(&mut self, _exit: &ProcessExit) -> Result<(), BoxError> {
        let printed = fs::read_to_string(&self.printed)?;
        let decoder = printed.lines().next().unwrap_or_default().to_owned();
        let mut counts = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(decoder).or_default() += 1;
        Ok(())
    }
}
