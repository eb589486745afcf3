//! How much a node has sent and received: whether something is under way between nodes.

use std::sync::atomic::{AtomicU64, Ordering};

use lyceum_wire::link::Head;
use serde::{Deserialize, Serialize};

/// What all channels of a node carried, apart from what keeps them going and from what the
/// conductor of the clocks asks.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

/// A count of messages. Of all nodes together, as many were sent as received if none is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrafficCount {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Traffic {
    pub(super) fn note_sent(&self) {
        self.sent.fetch_add(1, Ordering::AcqRel);
    }

    /// Takes back what was noted of a message that did not leave.
    pub(super) fn take_back(&self) {
        self.sent.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn note_received(&self) {
        self.received.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn count(&self) -> TrafficCount {
        // What is sent because of a message is counted before that message is.
        let received = self.received.load(Ordering::Acquire);
        TrafficCount { sent: self.sent.load(Ordering::Acquire), received }
    }
}

/// Returns whether a message can make somebody do something.
pub(super) fn counts(head: &Head) -> bool {
    match head {
        Head::Call(_)
        | Head::Answer(_)
        | Head::Cancel { .. }
        | Head::Item { .. }
        | Head::ItemsEnd { .. }
        | Head::ItemCredit { .. }
        | Head::Publish { .. } => true,
        Head::Ask { to, .. } => to.is_some(),
        _ => false,
    }
}
