//! How many operations each case performs.

/// The counts of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub quick: bool,
    pub large: bool,
    /// Sequential asks from a task.
    pub asks: u64,
    /// Sequential asks from the `block_on` future, each of which may cost two thread hops.
    pub asks_from_main: u64,
    /// Tasks that ask one actor, and how often each of them does.
    pub askers: u64,
    pub asks_each: u64,
    /// Asks by each of two busy workers.
    pub asks_per_worker: u64,
    pub tells: u64,
    pub ring_nodes: u64,
    pub ring_rounds: u64,
    pub launches: u64,
    pub million: u64,
    /// Joined asks after the first, in `compute_pair`.
    pub next_pairs: u64,
    pub timers: u64,
    /// Distinct moments over which the timers are spread evenly: agents that tick together.
    pub due_times: u64,
}

impl Sizes {
    pub const fn new(quick: bool, large: bool) -> Self {
        if quick { Self::tiny(large) } else { Self::full(large) }
    }

    const fn full(large: bool) -> Self {
        Self {
            quick: false,
            large,
            asks: 40_000,
            asks_from_main: 5_000,
            askers: 100,
            asks_each: 2_000,
            asks_per_worker: 100_000,
            tells: 300_000,
            ring_nodes: 1_000,
            ring_rounds: 200,
            launches: 100_000,
            million: 1_000_000,
            next_pairs: 10,
            timers: 1_000_000,
            due_times: 1_000,
        }
    }

    const fn tiny(large: bool) -> Self {
        Self {
            quick: true,
            large,
            asks: 200,
            asks_from_main: 50,
            askers: 10,
            asks_each: 20,
            asks_per_worker: 200,
            tells: 1_000,
            ring_nodes: 20,
            ring_rounds: 5,
            launches: 500,
            million: 500,
            next_pairs: 2,
            timers: 500,
            due_times: 10,
        }
    }
}
