//! Which universes count, and which may be put in the place of others.

use std::collections::HashSet;

/// How many universes are put in the place of others that failed.
pub(crate) const REPLACEMENTS: usize = 8;

/// Universes that failed, and those that take their places.
#[derive(Debug)]
pub(super) struct Roster {
    /// Universes that failed: what they still say does not count.
    retired: HashSet<usize>,
    vacancies: usize,
    replacements: usize,
}

impl Default for Roster {
    fn default() -> Self {
        Self { retired: HashSet::new(), vacancies: 0, replacements: REPLACEMENTS }
    }
}

impl Roster {
    /// Takes a universe off, and returns whether it counted until now.
    pub(super) fn retire(&mut self, universe: usize) -> bool {
        let counted = self.retired.insert(universe);
        self.vacancies += usize::from(counted);
        counted
    }

    pub(super) fn has_retired(&self, universe: usize) -> bool {
        self.retired.contains(&universe)
    }

    /// Returns whether a universe may be put in the place of one that failed, and counts it.
    pub(super) fn replace(&mut self) -> bool {
        if self.vacancies == 0 {
            return false;
        }
        self.vacancies -= 1;
        let may = self.replacements > 0;
        self.replacements = self.replacements.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_so_often() {
        let mut roster = Roster::default();
        assert!(!roster.replace(), "nobody is missing");
        for universe in 0..REPLACEMENTS {
            assert!(roster.retire(universe) && !roster.retire(universe));
            assert!(roster.replace() && !roster.replace());
        }
        roster.retire(99);
        assert!(!roster.replace() && roster.has_retired(99));
    }
}
