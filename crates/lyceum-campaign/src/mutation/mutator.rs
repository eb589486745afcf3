//! Making a changed input of an input.

use rand::Rng;

use super::change::{Mutation, MutationKind};
use super::draw::{Drawing, up_to};
use super::strength::Strength;

/// How often another kind is drawn where one has no occasion.
const TRIES: usize = 8;

/// Bytes of an input for each change of a session, at full strength.
const BYTES_PER_CHANGE: usize = 4;

/// The most changes that one session makes.
const MOST_CHANGES: usize = 64;

/// Changes inputs: how much by a strength, and where by random numbers of the caller.
///
/// The same input, words, strength and random numbers give the same result.
///
/// ```
/// use lyceum_campaign::Mutator;
/// use rand::SeedableRng;
/// use rand::rngs::SmallRng;
///
/// let mutator = Mutator::new(1_024).with_words([b"null".to_vec()]);
/// let mutate = |seed| {
///     let mut rng = SmallRng::seed_from_u64(seed);
///     mutator.mutate(b"[1, 2]", Some(b"{}"), 0.2, &mut rng).bytes
/// };
/// assert_eq!(mutate(7), mutate(7));
/// assert_ne!(mutate(7), mutate(8));
/// ```
#[derive(Clone, Debug)]
pub struct Mutator {
    max_size: usize,
    words: Vec<Vec<u8>>,
}

/// A changed input, and what was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The changes, in the order in which they were made.
    pub mutations: Vec<Mutation>,
}

impl Mutator {
    /// Returns a mutator whose results have at most so many bytes.
    #[must_use]
    pub fn new(max_size: usize) -> Self {
        Self { max_size, words: Vec::new() }
    }

    /// Adds words that may be put into inputs. Empty ones are left out.
    #[must_use]
    pub fn with_words(mut self, words: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.words.extend(words.into_iter().filter(|word| !word.is_empty()));
        self
    }

    /// Returns how large results may become.
    #[must_use]
    pub fn max_size(&self) -> usize {
        self.max_size
    }

    /// Returns how many changes a session makes at most to an input of some size.
    ///
    /// ```
    /// use lyceum_campaign::Mutator;
    ///
    /// assert_eq!(Mutator::most_changes(0.01, 1_000_000), 1);
    /// assert_eq!(Mutator::most_changes(0.50, 80), 11);
    /// assert_eq!(Mutator::most_changes(1.00, 1_000_000), 64);
    /// ```
    #[must_use]
    pub fn most_changes(strength: f64, size: usize) -> usize {
        let room = (size / BYTES_PER_CHANGE).clamp(MOST_CHANGES / 16, MOST_CHANGES - 1);
        1 + (bounded(strength) * room as f64) as usize
    }

    /// Changes an input once or more.
    ///
    /// The `other` input is one whose end may be taken. What is longer than results may become is
    /// cut off first.
    pub fn mutate<R: Rng + ?Sized>(
        &self,
        input: &[u8],
        other: Option<&[u8]>,
        strength: f64,
        rng: &mut R,
    ) -> Mutant {
        let strength = bounded(strength);
        let bytes = input[..input.len().min(self.max_size)].to_vec();
        let mut mutant = Mutant { bytes, mutations: Vec::new() };
        let words = &self.words;
        let mut drawing = Drawing { words, other, max_size: self.max_size, strength };
        for _ in 0..up_to(Self::most_changes(strength, input.len()), rng) {
            let mutation = draw(&drawing, &mutant.bytes, rng);
            mutation.change.apply(&mut mutant.bytes, self.max_size);
            mutant.mutations.push(mutation);
            // A splice behind other changes would take them away again.
            drawing.other = None;
        }
        mutant
    }
}

fn bounded(strength: f64) -> f64 {
    if strength.is_nan() { Strength::MIN } else { strength.clamp(Strength::MIN, Strength::MAX) }
}

/// Draws kinds until one has an occasion; an insertion always has.
fn draw<R: Rng + ?Sized>(drawing: &Drawing<'_>, input: &[u8], rng: &mut R) -> Mutation {
    for _ in 0..TRIES {
        let kind = Drawing::kind(rng);
        if let Some(change) = drawing.change(kind, input, rng) {
            return Mutation { kind, change };
        }
    }
    let kind = MutationKind::Insert;
    Mutation { kind, change: drawing.insertion(input, rng) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    fn mutants(strength: f64, count: u64) -> Vec<Mutant> {
        let mutator = Mutator::new(4_096).with_words([b"word".to_vec(), Vec::new()]);
        let input = b"name = \"value\"\nsize = 12\n".repeat(8);
        let one = |seed| {
            let mut rng = SmallRng::seed_from_u64(seed);
            mutator.mutate(&input, Some(b"other = 1"), strength, &mut rng)
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn every_kind_is_drawn() {
        let mutants = mutants(0.3, 300);
        let kinds: BTreeSet<_> =
            mutants.iter().flat_map(|mutant| &mutant.mutations).map(|one| one.kind).collect();

        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), MutationKind::ALL);
    }

    #[test]
    fn strength_makes_for_more_changes() {
        let changes = |strength| -> usize {
            mutants(strength, 200).iter().map(|mutant| mutant.mutations.len()).sum()
        };
        let (weak, middle, strong) = (changes(0.01), changes(0.3), changes(1.0));

        assert_eq!(weak, 200, "one change each");
        assert!(weak < middle && middle < strong, "{weak} {middle} {strong}");
        assert!(mutants(1.0, 200).iter().all(|mutant| mutant.mutations.len() <= MOST_CHANGES));
    }

    #[test]
    fn mutations_lead_from_the_input_to_the_result() {
        let input = b"name = \"value\"\nsize = 12\n".repeat(8);
        for mutant in mutants(0.5, 50) {
            let mut bytes = input.clone();
            for mutation in &mutant.mutations {
                mutation.change.apply(&mut bytes, 4_096);
            }
            assert_eq!(bytes, mutant.bytes);
        }
    }

    #[test]
    fn pinned_result_of_a_seed() {
        // A campaign that is run again with its seed must meet the same inputs.
        let mutator = Mutator::new(64).with_words([b"null".to_vec()]);
        let mut rng = SmallRng::seed_from_u64(42);
        let results: Vec<_> = (0..4)
            .map(|_| mutator.mutate(b"[1, 22, 333]", Some(b"{\"a\": 1}"), 0.3, &mut rng).bytes)
            .collect();

        let expected: [&[u8]; 4] = [
            b"[1, 22, 3: 1}",
            b"[1,\xff\x7f\x00\x00\x00\x00\x00\x00]",
            b"[1L, 22, 333]",
            b"[1, 2zQr(\\d:}OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO",
        ];
        assert_eq!(results, expected);
    }

    proptest! {
        #[test]
        fn results_are_bounded_and_repeatable(
            input: Vec<u8>,
            other: Option<Vec<u8>>,
            words: Vec<Vec<u8>>,
            strength in any::<f64>(),
            max_size in 0..300_usize,
            seed: u64,
        ) {
            let mutator = Mutator::new(max_size).with_words(words);
            let mutate = || {
                let mut rng = SmallRng::seed_from_u64(seed);
                mutator.mutate(&input, other.as_deref(), strength, &mut rng)
            };
            let mutant = mutate();
            prop_assert!(mutant.bytes.len() <= max_size);
            prop_assert!(!mutant.mutations.is_empty());
            prop_assert_eq!(mutant, mutate());
        }
    }
}
