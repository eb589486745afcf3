//! Checking that a run depends on its seed alone.

use lyceum::{Node, Trace, block_on};

/// Runs `test` twice with the same seed, and checks that both runs did the same.
///
/// Returns the trace.
///
/// ```
/// use std::time::Duration;
///
/// lyceum_test::assert_repeatable(7, async |node| node.sleep(Duration::from_secs(1)).await);
/// ```
///
/// # Panics
///
/// If the runs differ; says at which event.
pub fn assert_repeatable<F: AsyncFn(Node)>(seed: u64, test: F) -> Trace {
    let first = run(seed, &test);
    let second = run(seed, &test);
    if first.hash != second.hash {
        let mut pairs = first.events.iter().zip(&second.events).enumerate();
        let differs = pairs.find(|(_, (left, right))| left != right);
        panic!("two runs with seed {seed} differ: {differs:?}");
    }
    first
}

fn run<F: AsyncFn(Node)>(seed: u64, test: &F) -> Trace {
    block_on(async {
        let node = Node::simulated(seed);
        test(node.clone()).await;
        node.trace().expect("the node is simulated")
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    #[test]
    #[should_panic(expected = "two runs with seed 1 differ")]
    fn a_run_that_depends_on_something_else_is_found() {
        let runs = Cell::new(0);
        assert_repeatable(1, async |node| {
            let _user = node.user(["ada", "bob"][runs.get()]).await;
            runs.set(runs.get() + 1);
            node.sleep(Duration::from_secs(runs.get() as u64)).await;
            let _user = node.user("eve").await;
        });
    }
}
