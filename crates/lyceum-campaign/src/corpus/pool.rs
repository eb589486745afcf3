//! The inputs of a campaign, and which one is taken next.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rand::Rng;

/// The inputs of a campaign: seeds, and what sessions found interesting.
///
/// Inputs with more energy are taken more often. Energy comes with a good score and goes with each
/// session that the input was taken for. Half of the time a seed is taken, however many inputs were
/// kept. Seeds stay; where there is no room for an interesting input, the kept one with the least
/// energy goes.
///
/// ```
/// use lyceum_campaign::{Corpus, CorpusLimits};
/// use rand::SeedableRng;
/// use rand::rngs::SmallRng;
///
/// let mut corpus = Corpus::new(CorpusLimits::default());
/// corpus.add_seed("empty list", b"[]");
/// assert!(corpus.keep(b"[[]]", 12, 0.4));
/// assert!(!corpus.keep(b"[[]]", 13, 0.4), "it has that one");
///
/// let mut rng = SmallRng::seed_from_u64(1);
/// let place = corpus.choose(&mut rng).unwrap();
/// assert!(corpus.inputs()[place].bytes.starts_with(b"["));
/// ```
#[derive(Clone, Debug)]
pub struct Corpus {
    limits: CorpusLimits,
    inputs: Vec<CorpusInput>,
    bytes: usize,
    /// Places of inputs by the hash of their bytes, to find equal ones.
    known: HashMap<u64, Vec<usize>>,
}

/// How much a [`Corpus`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorpusLimits {
    /// Inputs, seeds and kept ones together.
    pub inputs: usize,
    /// Bytes of one input.
    pub input_bytes: usize,
    /// Bytes of all inputs together.
    pub bytes: usize,
}

/// One input of a [`Corpus`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusInput {
    /// The bytes, shared with sessions that run with them.
    pub bytes: Arc<[u8]>,
    /// Where it comes from.
    pub origin: Origin,
    /// How often it is taken, beside the others: from 1 to 1,000.
    pub energy: u32,
}

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A seed, by the name of its file.
    Seed(String),
    /// A session that found it interesting, by its number.
    Session(u64),
}

/// The energy of a seed.
const SEED_ENERGY: u32 = 100;

/// The energy of a small input that was kept without a score, and what a full score adds.
const KEPT_ENERGY: f64 = 20.0;
const SCORE_ENERGY: f64 = 400.0;

/// Bytes by which an input has half the energy: a large one takes longer and is harder to hit.
const LARGE: f64 = 2_048.0;

/// The most energy that an input has.
const MOST_ENERGY: u32 = 1_000;

impl Default for CorpusLimits {
    /// 10,000 inputs of a mebibyte each, and 64 mebibytes in all.
    fn default() -> Self {
        Self { inputs: 10_000, input_bytes: 1 << 20, bytes: 64 << 20 }
    }
}

impl Corpus {
    /// Returns a corpus without inputs.
    #[must_use]
    pub fn new(limits: CorpusLimits) -> Self {
        Self { limits, inputs: Vec::new(), bytes: 0, known: HashMap::new() }
    }

    /// Adds a seed, and returns whether there was room and it was not there yet.
    pub fn add_seed(&mut self, name: &str, bytes: &[u8]) -> bool {
        if !self.has_room(bytes) || self.place_of(bytes).is_some() {
            return false;
        }
        self.add(bytes, Origin::Seed(name.to_owned()), SEED_ENERGY);
        true
    }

    /// Keeps an input that a session found interesting, and returns whether it is new.
    ///
    /// The better the score, and the smaller the input, the more energy it has. An input that is
    /// there already gets that energy. Where there is no room, kept inputs with less energy go.
    pub fn keep(&mut self, bytes: &[u8], session: u64, score: f64) -> bool {
        let energy = energy_of(bytes.len(), score);
        if let Some(place) = self.place_of(bytes) {
            let input = &mut self.inputs[place];
            input.energy = (input.energy + energy).min(MOST_ENERGY);
            return false;
        }
        while !self.has_room(bytes) {
            if bytes.len() > self.limits.input_bytes || !self.give_up_one(energy) {
                return false;
            }
        }
        self.add(bytes, Origin::Session(session), energy);
        true
    }

    /// Chooses an input by energy, takes some of its energy, and returns its place.
    ///
    /// There is none where the corpus is empty.
    pub fn choose<R: Rng + ?Sized>(&mut self, rng: &mut R) -> Option<usize> {
        let is_seed = |input: &CorpusInput| matches!(input.origin, Origin::Seed(_));
        let only_seeds = rng.random() && self.inputs.iter().any(is_seed);
        let energy_of = |input: &CorpusInput| {
            if only_seeds && !is_seed(input) { 0 } else { u64::from(input.energy) }
        };
        let total: u64 = self.inputs.iter().map(energy_of).sum();
        if total == 0 {
            return None;
        }
        let mut left = rng.random_range(0..total);
        let place = self.inputs.iter().position(|input| {
            let energy = energy_of(input);
            let is_it = left < energy;
            left = left.saturating_sub(energy);
            is_it
        })?;
        let input = &mut self.inputs[place];
        input.energy = (input.energy - input.energy / 32).max(1);
        Some(place)
    }

    /// Returns any input but the one at a place, to splice with; none where there is only one.
    pub fn other<R: Rng + ?Sized>(&self, than: usize, rng: &mut R) -> Option<&[u8]> {
        let others = self.inputs.len().checked_sub(1).filter(|others| *others > 0)?;
        let drawn = rng.random_range(0..others);
        let place = if drawn >= than { drawn + 1 } else { drawn };
        self.inputs.get(place).map(|input| &*input.bytes)
    }

    /// Returns all inputs. Keeping another one may change their places.
    #[must_use]
    pub fn inputs(&self) -> &[CorpusInput] {
        &self.inputs
    }

    /// Returns how many bytes all inputs have together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how much it takes.
    #[must_use]
    pub fn limits(&self) -> CorpusLimits {
        self.limits
    }

    pub(super) fn has_room(&self, bytes: &[u8]) -> bool {
        bytes.len() <= self.limits.input_bytes
            && self.inputs.len() < self.limits.inputs
            && self.bytes + bytes.len() <= self.limits.bytes
    }

    fn place_of(&self, bytes: &[u8]) -> Option<usize> {
        let places = self.known.get(&hash_of(bytes))?;
        places.iter().copied().find(|&place| *self.inputs[place].bytes == *bytes)
    }

    fn add(&mut self, bytes: &[u8], origin: Origin, energy: u32) {
        self.known.entry(hash_of(bytes)).or_default().push(self.inputs.len());
        self.bytes += bytes.len();
        self.inputs.push(CorpusInput { bytes: bytes.into(), origin, energy });
    }

    /// Lets the kept input with the least energy go, if it has less than a new one.
    fn give_up_one(&mut self, energy: u32) -> bool {
        let kept = self.inputs.iter().enumerate();
        let kept = kept.filter(|(_, input)| matches!(input.origin, Origin::Session(_)));
        let Some((place, input)) = kept.min_by_key(|(_, input)| input.energy) else {
            return false;
        };
        if input.energy >= energy {
            return false;
        }
        self.forget(place, place);
        let gone = self.inputs.swap_remove(place);
        self.bytes -= gone.bytes.len();
        true
    }

    /// Takes a place out of what is known, and tells the last input its new one.
    fn forget(&mut self, place: usize, new: usize) {
        let last = self.inputs.len() - 1;
        let gone = hash_of(&self.inputs[place].bytes);
        if let Some(places) = self.known.get_mut(&gone) {
            places.retain(|known| *known != place);
            if places.is_empty() {
                self.known.remove(&gone);
            }
        }
        if last == place {
            return;
        }
        if let Some(places) = self.known.get_mut(&hash_of(&self.inputs[last].bytes)) {
            for known in places.iter_mut().filter(|known| **known == last) {
                *known = new;
            }
        }
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Returns the energy of an input of a size whose session scored so much.
fn energy_of(size: usize, score: f64) -> u32 {
    let share = if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) };
    let energy = (KEPT_ENERGY + share * SCORE_ENERGY) / (1.0 + size as f64 / LARGE);
    // At most a few hundred, so that it fits.
    (energy as u32).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    fn corpus(inputs: usize) -> Corpus {
        Corpus::new(CorpusLimits { inputs, input_bytes: 8, bytes: 20 })
    }

    #[test]
    fn energy_decides_how_often_an_input_is_taken() {
        let mut corpus = corpus(10);
        corpus.add_seed("a", b"a");
        corpus.keep(b"b", 1, 1.0);
        let mut rng = SmallRng::seed_from_u64(2);

        let taken: Vec<_> = (0..100).filter_map(|_| corpus.choose(&mut rng)).collect();
        let kept = taken.iter().filter(|place| **place == 1).count();
        assert!((30..50).contains(&kept), "{kept} of 100: most of the half that is for any");

        for _ in 0..2_000 {
            corpus.choose(&mut rng);
        }
        let energies: Vec<_> = corpus.inputs().iter().map(|input| input.energy).collect();
        assert!(energies.iter().all(|energy| *energy < 40), "it wears off: {energies:?}");
    }

    #[test]
    fn large_inputs_and_those_without_a_score_have_less_energy() {
        assert_eq!([energy_of(0, 0.0), energy_of(0, 0.5), energy_of(0, 9.0)], [20, 220, 420]);
        assert_eq!([energy_of(2_048, 1.0), energy_of(1 << 20, 0.0)], [210, 1]);
        assert_eq!(energy_of(0, f64::NAN), 20);
    }

    #[test]
    fn corpus_of_kept_inputs_alone_is_chosen_from() {
        let mut corpus = corpus(10);
        corpus.keep(b"a", 1, 0.0);
        let mut rng = SmallRng::seed_from_u64(2);
        assert!((0..20).all(|_| corpus.choose(&mut rng) == Some(0)));
    }

    #[test]
    fn seeds_stay_and_dull_inputs_go() {
        let mut corpus = corpus(3);
        assert!(corpus.add_seed("a", b"a"));
        assert!(corpus.keep(b"dull", 1, 0.1) && corpus.keep(b"good", 2, 0.6));

        assert!(corpus.keep(b"better", 3, 0.8));

        let all: Vec<_> = corpus.inputs().iter().map(|input| &*input.bytes).collect();
        assert_eq!(all, [b"a".as_slice(), b"good", b"better"]);
        assert!(!corpus.keep(b"worse", 4, 0.0), "all kept ones are better");
        assert!(!corpus.keep(b"too large", 5, 1.0));
        assert_eq!((corpus.inputs().len(), corpus.bytes()), (3, 11));
        assert!(!corpus.keep(b"good", 6, 0.5), "its place changed, and it is still known");
    }

    #[test]
    fn other_input_is_never_the_same() {
        let mut corpus = corpus(10);
        corpus.add_seed("a", b"a");
        let mut rng = SmallRng::seed_from_u64(2);
        assert_eq!(corpus.other(0, &mut rng), None);

        corpus.add_seed("b", b"b");
        corpus.add_seed("c", b"c");
        for _ in 0..50 {
            assert_ne!(corpus.other(1, &mut rng), Some(b"b".as_slice()));
        }
    }

    proptest! {
        #[test]
        fn never_more_than_its_limits(
            inputs in prop::collection::vec(
                (prop::collection::vec(0..3_u8, 0..10), -2.0..2.0),
                0..60,
            ),
        ) {
            let mut corpus = corpus(5);
            corpus.add_seed("seed", b"seed");
            for (session, (bytes, score)) in (0..).zip(inputs) {
                corpus.keep(&bytes, session, score);

                let limits = corpus.limits();
                let sum: usize = corpus.inputs().iter().map(|input| input.bytes.len()).sum();
                prop_assert_eq!(sum, corpus.bytes());
                prop_assert!(sum <= limits.bytes && corpus.inputs().len() <= limits.inputs);
                let places = 0..corpus.inputs().len();
                for place in places {
                    prop_assert_eq!(corpus.place_of(&corpus.inputs()[place].bytes), Some(place));
                }
                prop_assert_eq!(&*corpus.inputs()[0].bytes, b"seed".as_slice());
            }
        }
    }
}
