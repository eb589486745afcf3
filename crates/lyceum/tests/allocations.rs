//! How often a call allocates, counted.

use std::alloc::System;

use lyceum::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CALLS: usize = 1_000;

#[derive(Default)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action(queued)]
    fn add_later(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }
}

struct Relay {
    counter: Handle<Counter>,
}

#[agent]
impl Relay {
    #[action]
    async fn add(&mut self, n: u64) -> u64 {
        self.counter.add_later(n).await.expect("the counter lives")
    }
}

/// Counts the allocations of many calls, after as many to warm up.
async fn allocations(call: impl AsyncFn()) -> usize {
    for _ in 0..CALLS {
        call().await;
    }
    let region = Region::new(ALLOCATOR);
    for _ in 0..CALLS {
        call().await;
    }
    region.change().allocations
}

#[test]
fn calls_and_tells_to_an_idle_agent_allocate_nothing() {
    lyceum::block_on(async {
        let node = Node::local();
        let counter = node.launch(Counter::default()).await.unwrap();
        let calls = allocations(async || _ = counter.add(1).await.unwrap()).await;
        let tells = allocations(async || counter.add(1).tell().await.unwrap()).await;
        assert_eq!((calls, tells), (0, 0));

        let relay = node.launch(Relay { counter }).await.unwrap();
        let suspended = allocations(async || _ = relay.add(1).await.unwrap()).await;
        assert!(suspended <= CALLS, "{suspended} allocations in {CALLS} calls that suspend");
    });
}
