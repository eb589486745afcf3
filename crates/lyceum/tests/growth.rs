//! What is done and given up leaves nothing behind: memory, counted.

use std::alloc::System;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use lyceum::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::task::yield_now;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocator counts for all threads, so that these tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

const ROUNDS: usize = 3_000;
/// What a cache here and there may take: a third of a word for each round.
const LITTLE: usize = 8 * 1024;

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns by how many bytes memory grows in many rounds, after some to warm up.
async fn growth(mut round: impl AsyncFnMut(usize)) -> usize {
    for number in 0..ROUNDS / 3 {
        round(number).await;
    }
    let region = Region::new(ALLOCATOR);
    for number in ROUNDS..2 * ROUNDS {
        round(number).await;
    }
    let change = region.change();
    change.bytes_allocated.saturating_sub(change.bytes_deallocated)
}

#[derive(Default)]
struct Clerk;

#[agent]
impl Clerk {
    /// Does a little work, unless the agent stops before.
    #[action]
    async fn work(&self, cx: &Context<Self>) -> bool {
        unless_stopping(cx).await
    }

    #[action]
    async fn work_beside(cx: Context<Self>) -> bool {
        unless_stopping(&cx).await
    }
}

async fn unless_stopping(cx: &Context<Clerk>) -> bool {
    let work = pin!(yield_now());
    matches!(select(pin!(cx.stopping()), work).await, Either::Right(_))
}

/// The waker of each `cx.stopping()` stayed with the agent until it ended, also when the action
/// that waited was over: 16 bytes and more for each call, and each looked through all of them.
#[test]
fn actions_that_looked_out_for_a_stop_leave_nothing_behind() {
    let _alone = alone();
    lyceum::block_on(async {
        let node = Node::local();
        let clerk = node.launch(Clerk).await.unwrap();

        let shared = growth(async |_| assert!(clerk.work().await.unwrap())).await;
        let beside = growth(async |_| assert!(clerk.work_beside().await.unwrap())).await;

        assert!(shared < LITTLE && beside < LITTLE, "{shared} and {beside} bytes");
        clerk.stop().await;
    });
}

/// As above, for those who waited for an agent's end and gave up.
#[test]
fn those_who_waited_for_an_end_and_gave_up_leave_nothing_behind() {
    let _alone = alone();
    lyceum::block_on(async {
        let node = Node::local();
        let clerk = node.launch(Clerk).await.unwrap();

        let bytes = growth(async |_| {
            let clerk = clerk.clone();
            let waiting = async move { select(clerk.ended(), pin!(yield_now())).map(drop).await };
            node.spawn(waiting).await;
        })
        .await;

        assert!(bytes < LITTLE, "{bytes} bytes");
    });
}

/// Each name that was ever given to `set_flag` was kept, with no behaviour to wait for it.
#[test]
fn flags_that_nothing_waits_for_leave_nothing_behind() {
    let _alone = alone();
    lyceum::block_on(async {
        let node = Node::local();
        let clerk = node.launch(Clerk).await.unwrap();

        let set = async |number| clerk.set_flag(&format!("flag {number}")).await.unwrap();
        let bytes = growth(set).await;

        assert!(bytes < LITTLE, "{bytes} bytes");
    });
}
