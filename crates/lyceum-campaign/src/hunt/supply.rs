//! What sessions are to run: seeds as they are, and then changed inputs.

use rand::rngs::SmallRng;

use super::{Job, Observation};
use crate::{Corpus, Mutator, Novelty, Origin, ProjectFile, Strength, Trend};

/// Where the inputs of sessions come from, and what sessions teach of them.
#[derive(Debug)]
pub(super) struct Supply {
    corpus: Corpus,
    novelty: Novelty,
    mutator: Mutator,
    strength: Strength,
    is_adaptive: bool,
    /// What was given back, to be run before anything else.
    returned: Vec<Job>,
    issued: u64,
}

impl Supply {
    pub(super) fn new(project: &ProjectFile, corpus: Corpus, words: Vec<Vec<u8>>) -> Self {
        Self {
            corpus,
            novelty: Novelty::default(),
            mutator: Mutator::new(project.input_size).with_words(words),
            strength: Strength::new(project.strength),
            is_adaptive: project.is_adaptive,
            returned: Vec::new(),
            issued: 0,
        }
    }

    /// Returns how many sessions have an input.
    pub(super) fn issued(&self) -> u64 {
        self.issued
    }

    pub(super) fn inputs(&self) -> usize {
        self.corpus.inputs().len()
    }

    pub(super) fn strength(&self) -> (f64, Trend) {
        (self.strength.value(), self.strength.trend())
    }

    /// Takes back what could not be run: with its number, so that no other session has it, and no
    /// seed is left out.
    pub(super) fn give_back(&mut self, job: Job) {
        self.returned.push(job);
    }

    /// Returns what was given back.
    pub(super) fn returned(&mut self) -> Option<Job> {
        self.returned.pop()
    }

    /// Returns what the next session is to run; none where there are no inputs.
    pub(super) fn next(&mut self, random: &mut SmallRng) -> Option<Job> {
        self.issued += 1;
        let (universe, number, trial) = (0, self.issued, None);
        // Each seed is run once as it is.
        let at = usize::try_from(number - 1).ok();
        let seed = at.and_then(|at| self.corpus.inputs().get(at));
        if let Some(seed) = seed.filter(|input| matches!(input.origin, Origin::Seed(_))) {
            let input = seed.bytes.to_vec();
            return Some(Job { universe, number, input, strength: 0.0, trial });
        }
        let strength = self.strength.value();
        let place = self.corpus.choose(random)?;
        let input = self.corpus.inputs()[place].bytes.clone();
        let other = self.corpus.other(place, random);
        let input = self.mutator.mutate(&input, other, strength, random).bytes;
        Some(Job { universe, number, input, strength, trial })
    }

    /// Learns from a session how strongly inputs are to be changed, and which are worth it.
    pub(super) fn learn(&mut self, job: &Job, seen: &Observation<'_>, is_success: bool) {
        if self.is_adaptive {
            self.strength.record(seen.score, is_success);
        }
        // What was found need not be found again by its like.
        if seen.find.is_none() && self.novelty.is_new(seen.ending, seen.printed, &job.input) {
            self.corpus.keep(&job.input, job.number, seen.score);
        }
    }
}
