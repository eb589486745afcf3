//! The end of a campaign, asked for from anywhere.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_universe::Sender;
use lyceum_universe::events::ApplicationInterrupt;

use crate::EndReason;
use crate::hunt::Hunt;

/// Ends a campaign early, with a complete report.
#[derive(Clone)]
pub struct Stopper {
    hunt: Arc<Hunt>,
    senders: Arc<Mutex<Vec<Sender>>>,
}

impl Stopper {
    pub(super) fn of(hunt: Arc<Hunt>) -> Self {
        Self { hunt, senders: Arc::default() }
    }

    fn senders(&self) -> MutexGuard<'_, Vec<Sender>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, sender: Sender) {
        self.senders().push(sender);
    }

    /// Ends the campaign: programs that run are ended, and the report is written.
    pub fn stop(&self) {
        self.hunt.end(EndReason::Interrupted);
        self.interrupt();
    }

    /// Ends what runs, for whatever reason the campaign has.
    pub(super) fn interrupt(&self) {
        for sender in self.senders().drain(..) {
            // One that is gone has ended already.
            let _ = sender.send(ApplicationInterrupt {});
        }
    }
}

/// Ends the campaign when it is dropped.
pub(super) struct StopAtEnd<'s>(pub(super) &'s Stopper);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").finish_non_exhaustive()
    }
}
