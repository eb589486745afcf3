//! Drawing changes: which bytes, and what becomes of them.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::change::{Change, MutationKind};
use super::{interesting, number};

/// The longest run of random bytes that is put in at once.
const LONGEST_RUN: usize = 64;

/// The widths that numbers have.
const WIDTHS: [usize; 4] = [1, 2, 4, 8];

/// How often each kind is tried, beside each other.
const WEIGHTS: [(MutationKind, u32); 11] = [
    (MutationKind::BitFlip, 6),
    (MutationKind::RandomByte, 6),
    (MutationKind::Interesting, 8),
    (MutationKind::Arithmetic, 6),
    (MutationKind::Digits, 8),
    (MutationKind::Insert, 6),
    (MutationKind::Delete, 6),
    (MutationKind::Move, 3),
    (MutationKind::Repeat, 8),
    (MutationKind::Word, 10),
    (MutationKind::Splice, 3),
];

/// What changes are drawn from.
pub(super) struct Drawing<'a> {
    /// Words that may be put in.
    pub(super) words: &'a [Vec<u8>],
    /// Another input, whose end may be taken.
    pub(super) other: Option<&'a [u8]>,
    /// How large the result may become.
    pub(super) max_size: usize,
    /// From 0.01 to 1.00.
    pub(super) strength: f64,
}

impl Drawing<'_> {
    /// Draws a kind by the weights.
    pub(super) fn kind<R: Rng + ?Sized>(rng: &mut R) -> MutationKind {
        let total: u32 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut left = rng.random_range(0..total);
        for (kind, weight) in WEIGHTS {
            if left < weight {
                return kind;
            }
            left -= weight;
        }
        MutationKind::BitFlip
    }

    /// Draws a change of a kind, or nothing where the input gives no occasion for it.
    pub(super) fn change<R: Rng + ?Sized>(
        &self,
        kind: MutationKind,
        input: &[u8],
        rng: &mut R,
    ) -> Option<Change> {
        match kind {
            MutationKind::Insert => Some(self.insertion(input, rng)),
            MutationKind::Word => self.word(input, rng),
            MutationKind::Splice => self.splice(input, rng),
            _ if input.is_empty() => None,
            MutationKind::BitFlip => {
                Some(Change::Flip { at: place(input, rng), bit: rng.random_range(0..8) })
            }
            MutationKind::RandomByte => {
                Some(overwrite(place(input, rng), vec![rng.random()], input))
            }
            MutationKind::Interesting => self.interesting(input, rng),
            MutationKind::Arithmetic => self.arithmetic(input, rng),
            MutationKind::Digits => number::change(input, rng),
            MutationKind::Delete => Some(deletion(input, rng)),
            MutationKind::Move => displacement(input, rng),
            MutationKind::Repeat => self.repetition(input, rng),
        }
    }

    /// Puts bytes in, or over others where there is no room.
    fn put(&self, at: usize, bytes: Vec<u8>, input: &[u8]) -> Change {
        let has_room = input.len() + bytes.len() <= self.max_size;
        if has_room {
            Change::Replace { at, length: 0, bytes }
        } else {
            overwrite(at, bytes, input)
        }
    }

    pub(super) fn insertion<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Change {
        let length = up_to(LONGEST_RUN, rng);
        let bytes = match rng.random_range(0..3_u8) {
            0 => vec![rng.random(); length],
            1 => (0..length).map(|_| rng.random_range(b' '..=b'~')).collect(),
            _ => (0..length).map(|_| rng.random()).collect(),
        };
        self.put(rng.random_range(0..=input.len()), bytes, input)
    }

    fn interesting<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Option<Change> {
        let width = *WIDTHS.choose(rng)?;
        let bytes = interesting::number(width, rng);
        Some(overwrite(last_place(input, width, rng)?, bytes, input))
    }

    fn arithmetic<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Option<Change> {
        let width = *WIDTHS.choose(rng)?;
        let at = last_place(input, width, rng)?;
        let size = i64::from(rng.random_range(1..=35_u8));
        let delta = if rng.random() { size } else { -size };
        Some(Change::Add { at, width, order: interesting::order(rng), delta })
    }

    /// Writes a block once more, or so often that recursion or a buffer ends.
    fn repetition<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Option<Change> {
        let from = place(input, rng);
        let length = up_to((input.len() - from).min(LONGEST_RUN), rng);
        let room = self.max_size.saturating_sub(input.len()) / length;
        // Two to the power of 4 for the weakest, of 16 for the strongest.
        let most = (1_usize << (4 + (12.0 * self.strength) as u32)).min(room);
        if most == 0 {
            return None;
        }
        let bytes = input[from..from + length].repeat(up_to(most, rng));
        Some(Change::Replace { at: from, length: 0, bytes })
    }

    fn word<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Option<Change> {
        let word = self.words.choose(rng)?.clone();
        let at = rng.random_range(0..=input.len());
        let change = match rng.random_range(0..3_u8) {
            0 => self.put(at, word, input),
            1 => overwrite(at, word, input),
            _ => {
                let (start, end) = token_at(input, at);
                Change::Replace { at: start, length: end - start, bytes: word }
            }
        };
        Some(change)
    }

    /// Takes the end of another input, from about where the own one ends.
    fn splice<R: Rng + ?Sized>(&self, input: &[u8], rng: &mut R) -> Option<Change> {
        let other = self.other.filter(|other| !other.is_empty())?;
        let at = rng.random_range(0..=input.len());
        let from = if rng.random() && at < other.len() { at } else { place(other, rng) };
        let room = self.max_size.saturating_sub(at).min(other.len() - from);
        let bytes = other[from..from + room].to_vec();
        Some(Change::Replace { at, length: input.len() - at, bytes })
    }
}

fn deletion<R: Rng + ?Sized>(input: &[u8], rng: &mut R) -> Change {
    let at = place(input, rng);
    let length = up_to(input.len() - at, rng);
    Change::Replace { at, length, bytes: Vec::new() }
}

fn displacement<R: Rng + ?Sized>(input: &[u8], rng: &mut R) -> Option<Change> {
    if input.len() < 2 {
        return None;
    }
    let from = place(input, rng);
    let length = up_to((input.len() - from).min(input.len() - 1), rng);
    let to = rng.random_range(0..=input.len() - length);
    (to != from).then_some(Change::Move { from, length, to })
}

/// Puts bytes over others, from a place on and at most to the end.
fn overwrite(at: usize, bytes: Vec<u8>, input: &[u8]) -> Change {
    let length = bytes.len().min(input.len().saturating_sub(at));
    Change::Replace { at, length, bytes }
}

/// Draws a place in an input that is not empty.
fn place<R: Rng + ?Sized>(input: &[u8], rng: &mut R) -> usize {
    rng.random_range(0..input.len())
}

/// Draws a place behind which so many bytes are left.
fn last_place<R: Rng + ?Sized>(input: &[u8], width: usize, rng: &mut R) -> Option<usize> {
    let last = input.len().checked_sub(width)?;
    Some(rng.random_range(0..=last))
}

/// Draws a number from one on, small ones as often as large ones.
pub(super) fn up_to<R: Rng + ?Sized>(most: usize, rng: &mut R) -> usize {
    let powers = most.max(1).ilog2() + 1;
    let power = rng.random_range(0..=powers);
    let limit = 1_usize.checked_shl(power).unwrap_or(usize::MAX).min(most.max(1));
    rng.random_range(1..=limit)
}

/// Returns where the word around a place begins and ends; nothing where there is none.
fn token_at(input: &[u8], at: usize) -> (usize, usize) {
    let is_inner = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let before = input[..at].iter().rev().take(LONGEST_RUN).take_while(is_inner).count();
    let after = input[at..].iter().take(LONGEST_RUN).take_while(is_inner).count();
    (at - before, at + after)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    fn drawn(kind: MutationKind, input: &[u8], max_size: usize) -> Vec<Vec<u8>> {
        let words = [b"WORD".to_vec()];
        let other = Some(b"0123456789".as_slice());
        let drawing = Drawing { words: &words, other, max_size, strength: 0.5 };
        let mut rng = SmallRng::seed_from_u64(11);
        let one = |_| {
            let change = drawing.change(kind, input, &mut rng)?;
            let mut bytes = input.to_vec();
            change.apply(&mut bytes, max_size);
            Some(bytes)
        };
        (0..300).filter_map(one).collect()
    }

    #[test]
    fn each_kind_does_what_its_name_says() {
        let input = b"key = 17";
        let all = |kind, is_right: &dyn Fn(&[u8]) -> bool| {
            let results = drawn(kind, input, 100_000);
            assert!(results.len() > 150, "{kind}: {}", results.len());
            for result in &results {
                assert!(is_right(result), "{kind}: {}", result.escape_ascii());
            }
        };
        let bits = |bytes: &[u8]| -> u32 {
            bytes.iter().zip(input).map(|(new, old)| (new ^ old).count_ones()).sum()
        };

        all(MutationKind::BitFlip, &|bytes| bytes.len() == 8 && bits(bytes) == 1);
        all(MutationKind::RandomByte, &|bytes| bytes.len() == 8 && bits(bytes) <= 8);
        all(MutationKind::Interesting, &|bytes| bytes.len() == 8);
        all(MutationKind::Arithmetic, &|bytes| bytes.len() == 8 && bytes != input);
        all(MutationKind::Digits, &|bytes| bytes.starts_with(b"key = "));
        all(MutationKind::Insert, &|bytes| bytes.len() > 8 && bytes.len() <= 72);
        all(MutationKind::Delete, &|bytes| bytes.len() < 8);
        all(MutationKind::Move, &|bytes| bytes.len() == 8);
        all(MutationKind::Repeat, &|bytes| bytes.len() > 8);
        all(MutationKind::Word, &|bytes| bytes.windows(4).any(|four| four == b"WORD"));
        all(MutationKind::Splice, &|bytes| {
            let kept = bytes.iter().zip(input).take_while(|(new, old)| new == old).count();
            b"0123456789".ends_with(&bytes[kept..]) || bytes[kept..].is_empty()
        });
    }

    #[test]
    fn full_input_does_not_grow() {
        for kind in MutationKind::ALL {
            for result in drawn(kind, b"12345678", 8) {
                assert!(result.len() <= 8, "{kind}");
            }
        }
    }

    #[test]
    fn empty_input_can_only_grow() {
        let grows = |kind: &MutationKind| !drawn(*kind, b"", 100).is_empty();
        let growing: Vec<_> = MutationKind::ALL.into_iter().filter(grows).collect();

        assert_eq!(growing, [MutationKind::Insert, MutationKind::Word, MutationKind::Splice]);
    }

    #[test]
    fn small_and_large_numbers_are_as_likely() {
        let mut rng = SmallRng::seed_from_u64(5);
        let drawn: Vec<_> = (0..2_000).map(|_| up_to(1_000, &mut rng)).collect();

        assert!(drawn.iter().all(|number| (1..=1_000).contains(number)));
        let small = drawn.iter().filter(|number| **number <= 16).count();
        assert!((700..1_600).contains(&small), "{small}");
    }
}
