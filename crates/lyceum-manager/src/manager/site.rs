//! Launchers by name, with limits.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::launcher::{Launcher, Place};

/// How many agents start at once at a launcher of this machine, unless set.
const STARTS: usize = 32;

/// The name of the launcher that is used where none is named.
pub(super) const DEFAULT: &str = "default";

/// How many agents a launcher may have; the next one waits for its turn.
///
/// ```
/// use lyceum::manager::Limits;
///
/// let limits = Limits::default().agents(100).starts(8);
/// # let _ = limits;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    agents: usize,
    starts: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { agents: Semaphore::MAX_PERMITS, starts: None }
    }
}

impl Limits {
    /// Lets so many agents be there at a time; as many as there are unless set.
    pub fn agents(mut self, agents: usize) -> Self {
        self.agents = agents.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Lets so many agents start at a time; 32 unless set, and as many as there are where a queue
    /// of other machines takes them on.
    pub fn starts(mut self, starts: usize) -> Self {
        self.starts = Some(starts.clamp(1, Semaphore::MAX_PERMITS));
        self
    }
}

/// One launcher of a manager.
pub(super) struct Site {
    pub(super) name: Arc<str>,
    pub(super) launcher: Box<dyn Launcher>,
    places: Arc<Semaphore>,
    starts: Arc<Semaphore>,
}

impl Site {
    pub(super) fn new(name: &str, launcher: Box<dyn Launcher>, limits: Limits) -> Self {
        let usual = match launcher.place() {
            Place::Here => STARTS,
            Place::Elsewhere => Semaphore::MAX_PERMITS,
        };
        Self {
            name: name.into(),
            launcher,
            places: Arc::new(Semaphore::new(limits.agents)),
            starts: Arc::new(Semaphore::new(limits.starts.unwrap_or(usual))),
        }
    }

    /// Returns how many places are free now.
    pub(super) fn free_places(&self) -> usize {
        self.places.available_permits()
    }

    /// Returns a place for an agent if one is free and nobody waits for it.
    pub(super) fn place_now(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Waits for a place for an agent, which is free again when the permit is dropped.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        wait(&self.places).await
    }

    /// Waits until an agent may start.
    pub(super) async fn start(&self) -> OwnedSemaphorePermit {
        wait(&self.starts).await
    }
}

async fn wait(permits: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    permits.clone().acquire_owned().await.expect("the semaphores of a site are never closed")
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.name, self.launcher)
    }
}
