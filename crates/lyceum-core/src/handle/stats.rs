//! What an agent has done so far.

use serde::{Deserialize, Serialize};

use crate::AgentRef;

/// What an agent has done so far. Turns that it took by itself (hooks, behaviours, `cx.with`) count
/// as messages do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Messages that were accepted: handled, queued and in progress together.
    pub received: u64,
    /// Turns that are over.
    pub handled: u64,
    /// Turns that ended with an error or a panic, or were dropped.
    pub failed: u64,
    /// Messages that wait.
    pub queued: u64,
    /// Turns that run or are suspended.
    pub in_progress: u64,
}

impl Stats {
    pub(crate) fn of(agent: &AgentRef) -> Self {
        let (queued, active) = agent.mailbox.counts();
        let detached = agent.extras().as_ref().map_or((0, 0), |extras| extras.detached_counts());
        let handled = agent.handled() + detached.0;
        let (queued, in_progress) = (queued as u64, active as u64);
        Self {
            received: handled + queued + in_progress,
            handled,
            failed: agent.failed() + detached.1,
            queued,
            in_progress,
        }
    }
}
