//! Long chains of calls.

use std::thread;

use lyceum::prelude::*;
use tokio::runtime::Builder;

/// How many agents there are in a chain.
const LENGTH: u64 = 10_000;
/// All the stack that a chain may have.
const STACK: usize = 1024 * 1024;

struct Member {
    next: Option<Handle<Member>>,
    hangs: bool,
}

#[agent]
impl Member {
    /// Counts this agent and those behind it.
    #[action]
    async fn count(&mut self) -> u64 {
        match &self.next {
            None if self.hangs => std::future::pending().await,
            None => 1,
            Some(next) => next.count().await.map_or(0, |count| count + 1),
        }
    }

    #[action]
    async fn count_shared(&self) -> u64 {
        match &self.next {
            None => 1,
            Some(next) => next.count_shared().await.map_or(0, |count| count + 1),
        }
    }
}

async fn counts(node: &Node) -> (u64, u64) {
    let mut first = None;
    for _ in 0..LENGTH {
        first = Some(node.launch(Member { next: first, hangs: false }).await.unwrap());
    }
    let first = first.unwrap();
    // Twice: the second time, runs were measured.
    first.count().no_timeout().await.unwrap();
    (first.count().no_timeout().await.unwrap(), first.count_shared().no_timeout().await.unwrap())
}

fn on_a_small_stack(run: impl FnOnce() -> (u64, u64) + Send + 'static) -> (u64, u64) {
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

#[test]
fn chain_through_ten_thousand_agents_answers_with_little_stack() {
    let counts = on_a_small_stack(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { counts(&Node::local()).await })
    });
    assert_eq!(counts, (LENGTH, LENGTH));
}

#[test]
fn chain_through_ten_thousand_simulated_agents_answers_with_little_stack() {
    let counts = on_a_small_stack(|| lyceum::block_on(counts(&Node::simulated(1))));
    assert_eq!(counts, (LENGTH, LENGTH));
}

/// Everything that a chain left suspended is dropped without recursion, too.
#[test]
fn chain_that_is_killed_in_the_middle_unwinds_with_little_stack() {
    let counts = on_a_small_stack(|| {
        lyceum::block_on(async {
            let node = Node::simulated(1);
            let last = node.launch(Member { next: None, hangs: true }).await.unwrap();
            let mut first = last.clone();
            for _ in 0..LENGTH {
                first = node.launch(Member { next: Some(first), hangs: false }).await.unwrap();
            }

            let pending = first.count().no_timeout().send();
            node.run_until_idle();
            assert_eq!(last.kill().await, lyceum::DownReason::Killed);
            (pending.await.unwrap(), 0)
        })
    });
    assert_eq!(counts, (LENGTH - 1, 0), "only the caller of the one that was killed heard of it");
}
