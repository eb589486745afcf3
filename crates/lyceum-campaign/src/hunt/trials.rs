//! Finds whose inputs are made smaller, and the trials of that.

use std::collections::HashMap;
use std::time::Duration;

use crate::{MinimizeStatus, MinimizedInput, Minimizer};

/// How long programs run to make the input of one find smaller.
pub(super) const MINIMIZING: Duration = Duration::from_secs(60);

/// Finds whose inputs are made smaller, each by one trial at a time, and what came out of it.
#[derive(Debug, Default)]
pub(super) struct Trials {
    waiting: Vec<Minimizing>,
    /// Of the universes that run a trial: for which find.
    running: HashMap<usize, usize>,
    /// What came out of it, by the place of the find.
    done: HashMap<usize, MinimizedInput>,
}

/// A find whose input is made smaller.
#[derive(Debug)]
struct Minimizing {
    place: usize,
    key: String,
    minimizer: Minimizer,
    /// Whether a universe runs a trial.
    is_tried: bool,
    /// How long its trials took.
    spent: Duration,
}

impl Trials {
    /// Takes a find whose input is to be made smaller by at most so many trials.
    pub(super) fn add(&mut self, place: usize, key: String, input: &[u8], most: usize) {
        let minimizer = Minimizer::new(input.to_vec(), most);
        let (is_tried, spent) = (false, Duration::ZERO);
        self.waiting.push(Minimizing { place, key, minimizer, is_tried, spent });
    }

    /// Returns an input that is to be tried, and the place of its find.
    pub(super) fn next(&mut self) -> Option<(usize, Vec<u8>)> {
        loop {
            let free = self.waiting.iter_mut().find(|minimizing| !minimizing.is_tried)?;
            let place = free.place;
            if let Some(trial) = free.minimizer.trial() {
                let trial = trial.to_vec();
                free.is_tried = true;
                return Some((place, trial));
            }
            self.finish(place);
        }
    }

    /// Notes that a universe runs a trial.
    pub(super) fn begin(&mut self, universe: usize, place: usize) {
        self.running.insert(universe, place);
    }

    /// Notes that a universe runs none any more, and returns for which find it did.
    pub(super) fn end(&mut self, universe: usize) -> Option<usize> {
        self.running.remove(&universe)
    }

    /// Takes back a trial that could not be run.
    pub(super) fn give_back(&mut self, place: usize) {
        if let Some(minimizing) = self.of(place) {
            minimizing.is_tried = false;
        }
    }

    /// Takes down that a trial was lost with its universe: what lets one fail is not tried again.
    pub(super) fn lose(&mut self, place: usize) {
        if let Some(minimizing) = self.of(place) {
            minimizing.minimizer.answer(false);
            minimizing.is_tried = false;
        }
    }

    /// Takes down what a trial found, by its key, and how long it took.
    pub(super) fn answer(&mut self, place: usize, found: Option<&str>, took: Duration) {
        let Some(minimizing) = self.of(place) else { return };
        minimizing.minimizer.answer(found == Some(minimizing.key.as_str()));
        minimizing.is_tried = false;
        minimizing.spent += took;
        let is_done = minimizing.minimizer.status() != MinimizeStatus::Running;
        if is_done || minimizing.spent >= MINIMIZING {
            self.finish(place);
        }
    }

    /// Ends the making of smaller inputs: what came out of it so far stays.
    pub(super) fn cut_off(&mut self) {
        while let Some(place) = self.waiting.first().map(|minimizing| minimizing.place) {
            self.finish(place);
        }
    }

    /// Returns for how many finds there are more trials.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns what a find's input became.
    pub(super) fn minimized(&self, place: usize) -> Option<&MinimizedInput> {
        self.done.get(&place)
    }

    fn of(&mut self, place: usize) -> Option<&mut Minimizing> {
        self.waiting.iter_mut().find(|minimizing| minimizing.place == place)
    }

    /// Writes down what a find's input became.
    fn finish(&mut self, place: usize) {
        let Some(index) = self.waiting.iter().position(|waits| waits.place == place) else {
            return;
        };
        let minimizer = self.waiting.swap_remove(index).minimizer;
        let (trials, mut status) = (minimizer.trials(), minimizer.status());
        if trials == 0 {
            return;
        }
        if status == MinimizeStatus::Running {
            status = MinimizeStatus::OutOfTrials;
        }
        let bytes = minimizer.into_best();
        self.done.insert(place, MinimizedInput { bytes, trials, status });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_find_is_tried_by_one_universe_at_a_time() {
        let mut trials = Trials::default();
        trials.add(0, "a".to_owned(), b"one", 10);
        trials.add(1, "b".to_owned(), b"two", 10);

        assert_eq!(trials.next(), Some((0, b"one".to_vec())));
        assert_eq!(trials.next(), Some((1, b"two".to_vec())));
        assert_eq!(trials.next(), None);
        trials.give_back(0);
        assert_eq!(trials.next(), Some((0, b"one".to_vec())), "it was not answered");
    }

    #[test]
    fn trial_that_is_lost_counts_as_vain() {
        let mut trials = Trials::default();
        trials.add(0, "a".to_owned(), b"one", 10);
        let (place, _) = trials.next().unwrap();
        trials.begin(7, place);

        assert_eq!(trials.end(7), Some(0));
        trials.lose(0);

        assert_eq!((trials.next(), trials.waiting()), (None, 0));
        assert_eq!(trials.minimized(0).unwrap().status, MinimizeStatus::NotReproduced);
    }
}
