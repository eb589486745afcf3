//! References that are passed on at random, whose reports arrive in any order.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::{any, proptest};

use super::{ID, at, shelf};
use crate::shelf::Shelf;

/// Somebody who has a reference.
#[derive(Default)]
struct Holder {
    claim: u64,
    /// What was passed on, and not told.
    passed: Vec<u64>,
    is_over: bool,
    /// What was told, and has not arrived: reports of one holder keep their order.
    reports: VecDeque<(Vec<u64>, bool)>,
}

/// The owner, and everybody who ever had a reference.
struct World {
    shelf: Shelf,
    holders: Vec<Holder>,
}

impl World {
    /// Makes a world in which one reference has left, and the owner has none of its own.
    fn new() -> Self {
        let mut shelf = shelf();
        shelf.claim(ID, 0, at(0)).unwrap();
        assert!(shelf.unpin(ID, at(0)).is_none());
        Self { shelf, holders: vec![Holder::default()] }
    }

    /// Does one thing with one of the holders, where that can be done.
    fn step(&mut self, what: u8, which: usize) {
        let (next, which) = (self.holders.len() as u64, which % self.holders.len());
        let holder = &mut self.holders[which];
        match what % 5 {
            0 if !holder.is_over => {
                holder.passed.push(next);
                self.holders.push(Holder { claim: next, ..Holder::default() });
            }
            1 if !holder.is_over => drop(self.shelf.item(ID, holder.claim, at(1)).unwrap()),
            2 if !holder.is_over => self.tell(which, false),
            3 if !holder.is_over => self.tell(which, true),
            _ => self.arrive(which),
        }
    }

    fn tell(&mut self, which: usize, is_over: bool) {
        let holder = &mut self.holders[which];
        holder.is_over = is_over;
        let passed = std::mem::take(&mut holder.passed);
        holder.reports.push_back((passed, is_over));
    }

    fn arrive(&mut self, which: usize) {
        let holder = &mut self.holders[which];
        let Some((passed, is_over)) = holder.reports.pop_front() else { return };
        // Nobody may be told that it is gone before all are over.
        let told = self.shelf.report(ID, holder.claim, &passed, is_over, at(1));
        drop(told.unwrap());
    }

    fn is_wanted(&self) -> bool {
        self.holders.iter().any(|holder| !holder.is_over || !holder.reports.is_empty())
    }
}

proptest! {
    #[test]
    fn blob_is_kept_until_all_references_are_over_and_not_longer(
        steps in vec((any::<u8>(), any::<usize>()), 0..200),
        ends in vec(any::<usize>(), 500),
    ) {
        let mut world = World::new();
        for (what, which) in steps {
            world.step(what, which);
            assert!(world.shelf.len() == 1 || !world.is_wanted());
        }
        for which in 0..world.holders.len() {
            if !world.holders[which].is_over {
                world.tell(which, true);
            }
        }
        // What is left arrives in any order, and last in that of the holders.
        let count = world.holders.len();
        let all = (0..count).cycle().take(count * 200);
        for which in ends.into_iter().map(|end| end % count).chain(all) {
            world.arrive(which);
        }
        assert_eq!(world.shelf.len(), 0);
    }
}
