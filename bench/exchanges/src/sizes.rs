//! How long and how much each case measures.

use std::time::Duration;

/// Callers of a crowd.
pub const CALLERS: u64 = 64;

/// Bytes of a large body.
pub const BODY: usize = 1 << 20;

/// The counts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub quick: bool,
    /// How long a case runs before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub measured: Duration,
    /// Round trips of Redis itself.
    pub pings: usize,
    /// Agents that are launched in one process.
    pub agents: usize,
    /// Agents that are launched with a process each.
    pub processes: usize,
}

impl Sizes {
    pub const fn new(quick: bool) -> Self {
        if quick {
            return Self {
                quick,
                warm_up: Duration::from_millis(20),
                measured: Duration::from_millis(100),
                pings: 100,
                agents: 50,
                processes: 2,
            };
        }
        Self {
            quick,
            warm_up: Duration::from_millis(500),
            measured: Duration::from_secs(2),
            pings: 20_000,
            agents: 1_000,
            processes: 50,
        }
    }
}
