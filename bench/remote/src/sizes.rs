//! How long and how much each case measures.

use std::time::Duration;

/// The counts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub quick: bool,
    /// How long a case runs before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub measured: Duration,
    pub callers: u64,
    /// The body of `echo`.
    pub body: usize,
    /// The bodies that go there and back while small calls are measured.
    pub large_body: usize,
    pub handles: u64,
    /// How many calls wait for a peer that is killed.
    pub waiting: u64,
    pub sleepers: u64,
    /// Over how many due times they are spread.
    pub steps: u64,
}

impl Sizes {
    pub const fn new(quick: bool) -> Self {
        let full = Self {
            quick,
            warm_up: Duration::from_millis(200),
            measured: Duration::from_millis(1_500),
            callers: 64,
            body: 1 << 20,
            large_body: 100 << 20,
            handles: 100_000,
            waiting: 1_000,
            sleepers: 100_000,
            steps: 1_000,
        };
        if !quick {
            return full;
        }
        Self {
            warm_up: Duration::from_millis(5),
            measured: Duration::from_millis(40),
            callers: 8,
            large_body: 2 << 20,
            handles: 200,
            waiting: 20,
            sleepers: 500,
            steps: 10,
            ..full
        }
    }
}
