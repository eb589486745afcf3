//! Traces: what happened in a universe, step by step.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many events a trace keeps.
const LIMIT: usize = 100_000;
/// FNV-1a, 64 bits.
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_FACTOR: u64 = 0x0000_0100_0000_01b3;

/// What happened in a universe, in order.
///
/// Two runs are the same if their [`hash`](Self::hash) is.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    events: VecDeque<TraceEvent>,
    count: u64,
    hash: u64,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// In which step; 0 is before the first one.
    pub step: u64,
    /// What.
    pub deed: Deed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deed {
    /// An agent, or the universe, sent an event.
    Sent {
        /// The sender.
        agent: String,
        /// The event.
        event: String,
        /// What it says.
        arguments: Value,
    },
    /// An agent, or the universe, handled an event.
    Handled {
        /// Who.
        agent: String,
        /// The event.
        event: String,
    },
    /// An agent became active.
    Activated {
        /// Who.
        agent: String,
    },
    /// An agent became inactive.
    Deactivated {
        /// Who.
        agent: String,
    },
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { events: VecDeque::new(), count: 0, hash: HASH_START }
    }

    pub(crate) fn note(&mut self, step: u64, deed: Deed) {
        let event = TraceEvent { step, deed };
        let text = serde_json::to_vec(&event).unwrap_or_default();
        self.hash = text
            .iter()
            .fold(self.hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(HASH_FACTOR));
        self.count += 1;
        if self.events.len() == LIMIT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Returns the last events, at most 100,000.
    pub fn events(&self) -> impl ExactSizeIterator<Item = &TraceEvent> {
        self.events.iter()
    }

    /// Returns how many events there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns a hash of all events.
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.step)?;
        match &self.deed {
            Deed::Sent { agent, event, arguments } if *arguments == Value::Null => {
                write!(f, "{agent} sends {event}")
            }
            Deed::Sent { agent, event, arguments } => {
                write!(f, "{agent} sends {event} {arguments}")
            }
            Deed::Handled { agent, event } => write!(f, "{agent} handles {event}"),
            Deed::Activated { agent } => write!(f, "{agent} is activated"),
            Deed::Deactivated { agent } => write!(f, "{agent} is deactivated"),
        }
    }
}
