//! Running a test under many seeds.

use std::env;
use std::future::Future;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use lyceum::{Node, block_on};

/// The variable that picks one seed.
const VARIABLE: &str = "LYCEUM_SEED";

/// Runs a test under many seeds, each on a simulated node of its own.
///
/// When a run panics, the seed is printed, with how to replay it alone: set `LYCEUM_SEED`.
///
/// ```
/// use lyceum_test::Seeds;
///
/// Seeds::range(0..10).run(async |node| {
///     assert_eq!(node.agent_count(), 0);
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Seeds {
    range: Range<u64>,
}

impl Seeds {
    /// Takes all seeds of a range; or the one that `LYCEUM_SEED` names.
    ///
    /// # Panics
    ///
    /// If the variable is set to something that is no number.
    pub fn range(range: Range<u64>) -> Self {
        match env::var(VARIABLE) {
            Ok(text) => {
                let seed: u64 = text.parse().unwrap_or_else(|_| {
                    panic!("cannot use {VARIABLE}=`{text}` as a seed: expected a whole number")
                });
                Self { range: seed..seed + 1 }
            }
            Err(_) => Self { range },
        }
    }

    /// Runs `test` once for each seed.
    ///
    /// # Panics
    ///
    /// If a run does, after printing its seed.
    pub fn run<F: AsyncFn(Node)>(self, test: F) {
        for seed in self.range {
            let run = || block_on(one(&test, seed));
            if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
                eprintln!("seed {seed} failed; replay it alone with {VARIABLE}={seed}");
                resume_unwind(panic);
            }
        }
    }
}

fn one<F: AsyncFn(Node)>(test: &F, seed: u64) -> impl Future<Output = ()> + use<'_, F> {
    let node = Node::simulated(seed);
    async move { test(node).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_runs_until_one_fails() {
        let seen = std::cell::RefCell::new(Vec::new());
        let run = || {
            Seeds { range: 3..9 }.run(async |node| {
                let seed = node.trace().expect("the node is simulated").seed;
                seen.borrow_mut().push(seed);
                assert_ne!(seed, 5, "as planned");
            });
        };
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        assert_eq!(*seen.borrow(), [3, 4, 5]);
    }
}
