//! Making an input smaller that lets a program fail.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Values that others are made to, the simplest first.
const SIMPLE: [u8; 3] = [b'0', b'a', b' '];

/// Makes an input smaller, one trial at a time.
///
/// It proposes an input, is told whether the program still fails with it in the same way, and goes
/// on from the smallest that does. First blocks are taken out, of half the size each time, then
/// single bytes are made simple. The same answers lead to the same trials.
///
/// ```
/// use lyceum_campaign::{MinimizeStatus, Minimizer};
///
/// let mut minimizer = Minimizer::new(b"some [[ text ]".to_vec(), 1_000);
/// while let Some(input) = minimizer.trial() {
///     let still_fails = input.iter().filter(|byte| **byte == b'[').count() == 2;
///     minimizer.answer(still_fails);
/// }
/// assert_eq!(minimizer.best(), b"[[");
/// assert_eq!(minimizer.status(), MinimizeStatus::Smallest);
/// ```
#[derive(Clone, Debug)]
pub struct Minimizer {
    best: Vec<u8>,
    phase: Phase,
    /// What is tried now.
    candidate: Option<Vec<u8>>,
    trials: usize,
    limit: usize,
    /// Hashes of what the program did not fail with.
    vain: HashSet<u64>,
}

/// How far a [`Minimizer`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MinimizeStatus {
    /// There is more to try.
    Running,
    /// No block and no byte can be taken out, and none made simpler.
    Smallest,
    /// There were as many trials as there may be, or their time was over.
    OutOfTrials,
    /// The program did not fail with the input as it was given: it fails by chance.
    NotReproduced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The input as it was given.
    Confirm,
    /// Blocks of a size are taken out.
    Blocks { size: usize, at: usize, has_shrunk: bool },
    /// Bytes are made simple.
    Bytes { at: usize, choice: usize, has_changed: bool },
    /// It has come to its end.
    Over(MinimizeStatus),
}

impl Minimizer {
    /// Returns a minimizer of an input, with at most so many trials.
    #[must_use]
    pub fn new(input: Vec<u8>, trials: usize) -> Self {
        Self {
            best: input,
            phase: Phase::Confirm,
            candidate: None,
            trials: 0,
            limit: trials,
            vain: HashSet::new(),
        }
    }

    /// Returns the input to be tried next, or nothing at the end.
    ///
    /// The first one is the input as it was given. Until it is answered, the same one is returned.
    pub fn trial(&mut self) -> Option<&[u8]> {
        if self.candidate.is_none() {
            self.candidate = self.propose();
        }
        self.candidate.as_deref()
    }

    /// Tells whether the program still fails in the same way with what was to be tried.
    ///
    /// Without a trial that waits for an answer nothing happens.
    pub fn answer(&mut self, still_fails: bool) {
        let Some(candidate) = self.candidate.take() else { return };
        self.trials += 1;
        if !still_fails {
            self.vain.insert(hash_of(&candidate));
        }
        match &mut self.phase {
            Phase::Confirm if still_fails => {
                self.phase = blocks(self.best.len());
                return;
            }
            Phase::Confirm => self.phase = Phase::Over(MinimizeStatus::NotReproduced),
            Phase::Blocks { has_shrunk, .. } if still_fails => *has_shrunk = true,
            Phase::Blocks { size, at, .. } => *at += *size,
            Phase::Bytes { at, choice, has_changed } if still_fails => {
                (*at, *choice, *has_changed) = (*at + 1, 0, true);
            }
            Phase::Bytes { choice, .. } => *choice += 1,
            Phase::Over(_) => {}
        }
        if still_fails {
            self.best = candidate;
        }
    }

    /// Returns the smallest input so far.
    #[must_use]
    pub fn best(&self) -> &[u8] {
        &self.best
    }

    /// Gives the smallest input away.
    #[must_use]
    pub fn into_best(self) -> Vec<u8> {
        self.best
    }

    /// Returns how many trials were answered.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.trials
    }

    /// Returns how far it is.
    #[must_use]
    pub fn status(&self) -> MinimizeStatus {
        match self.phase {
            Phase::Over(status) => status,
            _ => MinimizeStatus::Running,
        }
    }

    /// Returns the next input that was not tried in vain, or ends.
    fn propose(&mut self) -> Option<Vec<u8>> {
        loop {
            let candidate = match self.phase {
                Phase::Over(_) => return None,
                _ if self.trials >= self.limit => {
                    self.phase = Phase::Over(MinimizeStatus::OutOfTrials);
                    return None;
                }
                Phase::Confirm => return Some(self.best.clone()),
                Phase::Blocks { size, at, has_shrunk } => self.without(size, at, has_shrunk),
                Phase::Bytes { at, choice, has_changed } => self.simpler(at, choice, has_changed),
            };
            if let Some(candidate) = candidate {
                if !self.vain.contains(&hash_of(&candidate)) {
                    return Some(candidate);
                }
                self.pass_over();
            }
        }
    }

    /// Goes on as after an answer that the program does not fail.
    fn pass_over(&mut self) {
        match &mut self.phase {
            Phase::Blocks { size, at, .. } => *at += *size,
            Phase::Bytes { choice, .. } => *choice += 1,
            Phase::Confirm | Phase::Over(_) => {}
        }
    }

    /// Returns the best input without a block, or goes on with smaller ones.
    fn without(&mut self, size: usize, at: usize, has_shrunk: bool) -> Option<Vec<u8>> {
        if at < self.best.len() {
            let end = (at + size).min(self.best.len());
            return Some([&self.best[..at], &self.best[end..]].concat());
        }
        self.phase = if size > 1 {
            Phase::Blocks { size: size.div_ceil(2), at: 0, has_shrunk: false }
        } else if has_shrunk {
            Phase::Blocks { size: 1, at: 0, has_shrunk: false }
        } else {
            Phase::Bytes { at: 0, choice: 0, has_changed: false }
        };
        None
    }

    /// Returns the best input with a simpler byte, or goes on with the next one.
    fn simpler(&mut self, at: usize, choice: usize, has_changed: bool) -> Option<Vec<u8>> {
        let Some(byte) = self.best.get(at) else {
            // A simpler byte may be one that can be taken out.
            self.phase =
                if has_changed { last_blocks() } else { Phase::Over(MinimizeStatus::Smallest) };
            return None;
        };
        if let Some(simple) = SIMPLE.get(choice)
            && simple != byte
        {
            let mut candidate = self.best.clone();
            candidate[at] = *simple;
            return Some(candidate);
        }
        // What is behind its own value in the list is not simpler.
        self.phase = Phase::Bytes { at: at + 1, choice: 0, has_changed };
        None
    }
}

/// Begins with all bytes at once.
fn blocks(length: usize) -> Phase {
    Phase::Blocks { size: length.max(1), at: 0, has_shrunk: false }
}

fn last_blocks() -> Phase {
    Phase::Blocks { size: 1, at: 0, has_shrunk: false }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Minimizes by a rule and returns the result, and each input that was tried.
    fn minimized(
        input: &[u8],
        trials: usize,
        fails: impl Fn(&[u8]) -> bool,
    ) -> (Minimizer, Vec<Vec<u8>>) {
        let mut minimizer = Minimizer::new(input.to_vec(), trials);
        let mut tried = Vec::new();
        while let Some(trial) = minimizer.trial() {
            tried.push(trial.to_vec());
            let still_fails = fails(trial);
            minimizer.answer(still_fails);
        }
        (minimizer, tried)
    }

    fn has(input: &[u8], part: &[u8]) -> bool {
        input.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn only_what_lets_it_fail_is_left() {
        let input = [b"head ".repeat(100), b"<bug>".to_vec(), b" tail".repeat(100)].concat();
        let (minimizer, tried) = minimized(&input, 10_000, |input| has(input, b"<bug>"));

        assert_eq!(minimizer.best(), b"<bug>");
        assert_eq!(minimizer.status(), MinimizeStatus::Smallest);
        assert!(tried.len() < 120, "{} trials for 1,005 bytes", tried.len());
    }

    #[test]
    fn parts_that_are_far_apart_are_kept_and_the_rest_is_made_simple() {
        let input = b"xx(yyyyyyyy)zz!";
        let fails = |input: &[u8]| input.len() >= 5 && input.contains(&b'(') && has(input, b")");
        let (minimizer, _) = minimized(input, 10_000, fails);

        assert_eq!(minimizer.best(), b"(000)");
    }

    #[test]
    fn nothing_is_tried_twice_in_vain() {
        let (_, tried) = minimized(b"abcabcabc", 10_000, |input| has(input, b"cabca"));
        let mut vain: Vec<_> = tried.iter().filter(|input| !has(input, b"cabca")).collect();
        let count = vain.len();
        vain.sort();
        vain.dedup();
        assert_eq!(vain.len(), count);
    }

    #[test]
    fn trials_are_bounded() {
        let (minimizer, tried) = minimized(&[7; 1_000], 50, |input| input.len() > 990);

        assert_eq!((minimizer.trials(), tried.len()), (50, 50));
        assert_eq!(minimizer.status(), MinimizeStatus::OutOfTrials);
        assert!(minimizer.best().len() > 990);
    }

    #[test]
    fn input_that_fails_by_chance_is_left_as_it_is() {
        let (minimizer, tried) = minimized(b"abc", 50, |_| false);

        assert_eq!((minimizer.best(), tried.len()), (b"abc".as_slice(), 1));
        assert_eq!(minimizer.status(), MinimizeStatus::NotReproduced);
    }

    #[test]
    fn program_that_always_fails_needs_no_input() {
        assert_eq!(minimized(b"abc", 50, |_| true).0.best(), b"");
        let (minimizer, tried) = minimized(b"", 50, |_| true);
        assert_eq!((minimizer.status(), tried.len()), (MinimizeStatus::Smallest, 1));
    }

    #[test]
    fn trial_waits_for_its_answer() {
        let mut minimizer = Minimizer::new(b"abc".to_vec(), 50);
        minimizer.answer(true);
        assert_eq!(minimizer.trials(), 0, "nobody asked");

        assert_eq!(minimizer.trial(), Some(b"abc".as_slice()));
        assert_eq!(minimizer.trial(), Some(b"abc".as_slice()));
        minimizer.answer(true);
        assert_eq!(minimizer.trial(), Some(b"".as_slice()));
        assert_eq!((minimizer.trials(), minimizer.best()), (1, b"abc".as_slice()));
    }

    proptest! {
        #[test]
        fn result_fails_is_no_larger_and_has_no_byte_too_many(
            input in prop::collection::vec(0..4_u8, 0..40),
            needed in prop::collection::vec(0..4_u8, 0..4),
        ) {
            // It fails where the needed bytes come in this order, with anything between them.
            let fails = |input: &[u8]| {
                let mut rest = input.iter();
                needed.iter().all(|byte| rest.any(|other| other == byte))
            };
            let (minimizer, tried) = minimized(&input, 100_000, fails);
            if fails(&input) {
                prop_assert_eq!(minimizer.best(), needed.as_slice());
                prop_assert_eq!(minimizer.status(), MinimizeStatus::Smallest);
            } else {
                prop_assert_eq!(minimizer.best(), input.as_slice());
            }
            prop_assert_eq!(minimized(&input, 100_000, fails).1, tried);
        }
    }
}
