//! What agents that have ended leave behind, counted.

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
