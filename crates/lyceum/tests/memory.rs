//! What agents take, and what those that have ended leave behind, counted.

use std::alloc::System;

use lyceum::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const LIVES: usize = 20_000;
const DAY: Duration = Duration::from_secs(86_400);

/// Has a large state.
struct Large([u8; 1_000]);

#[agent]
impl Large {
    #[action(queued)]
    fn first(&self) -> u8 {
        self.0[0]
    }
}

async fn live_and_end(node: &Node) {
    for _ in 0..LIVES {
        let agent = node.launch(Large([1; 1_000])).await.unwrap();
        assert_eq!(agent.first().timeout(DAY).await.unwrap(), 1);
        agent.stop().await;
    }
}

/// The timer that looks for late calls kept the agent's memory, state included, until the deadline
/// of a call that was long over: 425 MB for 450,000 of them.
#[test]
fn agents_that_ended_leave_nothing_behind_until_their_calls_would_have_been_late() {
    lyceum::block_on(async {
        let node = Node::local();
        live_and_end(&node).await;
        let region = Region::new(ALLOCATOR);
        live_and_end(&node).await;
        let change = region.change();
        let left = change.bytes_allocated as isize - change.bytes_deallocated as isize;
        assert!(left < 100_000, "{left} bytes are left of {LIVES} agents");
    });
}

/// Has the smallest state that is of use.
struct Small(u64);

#[agent]
impl Small {
    #[action]
    fn value(&self) -> u64 {
        self.0
    }
}

/// A number beside each agent's place made it 209 bytes.
#[test]
fn idle_agent_with_one_number_takes_at_most_200_bytes() {
    const COUNT: usize = 1 << 16;
    lyceum::block_on(async {
        let node = Node::local();
        let region = Region::new(ALLOCATOR);
        for number in 0..COUNT {
            let agent = node.launch(Small(number as u64)).await.unwrap();
            if number == COUNT - 1 {
                assert_eq!(agent.value().await.unwrap(), number as u64);
            }
        }
        let change = region.change();
        let taken = change.bytes_allocated as isize - change.bytes_deallocated as isize
            + change.bytes_reallocated;
        assert!(taken <= 200 * COUNT as isize, "{} bytes each", taken as f64 / COUNT as f64);
    });
}
