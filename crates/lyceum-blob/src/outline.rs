//! Outlines: what lets each part of a content be checked by itself.
//!
//! A digest of BLAKE3 is the root of a tree over the content. The outline has the tree's nodes of
//! one level: a chaining value for each part. Whoever has the outline computes the root from it,
//! and from then on can check a part without any other.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};

use crate::digest::Digest;

/// How many bytes a part has, but for the last one. A power of two, as the tree demands; as text in
/// JSON it still fits into a message of the exchange server.
pub(crate) const PART: usize = 256 << 10;
/// The largest content: its outline has 8 MiB.
pub(crate) const SIZE_LIMIT: u64 = 64 << 30;
/// How many bytes of an outline stand for one part.
pub(crate) const VALUE: usize = 32;

/// A chaining value for each part of a content; none if there is but one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline(Vec<ChainingValue>);

/// Computes outline and digest while the content goes by.
#[derive(Debug, Default)]
pub(crate) struct Outliner {
    done: Vec<ChainingValue>,
    part: blake3::Hasher,
    /// How many bytes of the part there are.
    filled: usize,
}

/// Returns how many parts a content has.
pub(crate) fn part_count(size: u64) -> u64 {
    size.div_ceil(PART as u64).max(1)
}

/// Returns where a part lies and how long it is.
pub(crate) fn part_range(size: u64, index: u64) -> (u64, usize) {
    let start = index * PART as u64;
    let length = size.saturating_sub(start).min(PART as u64);
    (start, usize::try_from(length).expect("a part is short"))
}

impl Outliner {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // The last part is not known to be the last one before the end.
            if self.filled == PART {
                self.end_part();
            }
            let (now, later) = bytes.split_at(bytes.len().min(PART - self.filled));
            self.part.update(now);
            self.filled += now.len();
            bytes = later;
        }
    }

    /// Returns how many bytes were taken.
    pub(crate) fn size(&self) -> u64 {
        (self.done.len() * PART + self.filled) as u64
    }

    fn end_part(&mut self) {
        self.done.push(self.part.finalize_non_root());
        // One that is reset still counts from its former place.
        self.part = blake3::Hasher::new();
        self.part.set_input_offset((self.done.len() * PART) as u64);
        self.filled = 0;
    }

    /// Returns what came of all bytes.
    pub(crate) fn finish(mut self) -> (Digest, Outline) {
        if self.done.is_empty() {
            return (self.part.finalize().into(), Outline::default());
        }
        let size = self.size();
        self.end_part();
        let outline = Outline(self.done);
        let digest = outline.digest(size).expect("a value was made for each part");
        (digest, outline)
    }
}

impl Outline {
    /// Reads values as they travel; none if they are not whole.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Option<()> {
        let (values, rest) = bytes.as_chunks::<VALUE>();
        self.0.extend_from_slice(values);
        rest.is_empty().then_some(())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the values of some parts, as they travel.
    pub(crate) fn bytes(&self, from: usize, count: usize) -> Vec<u8> {
        self.0.iter().skip(from).take(count).flatten().copied().collect()
    }

    /// Computes the digest of a content of that size; none if the outline has another one.
    pub(crate) fn digest(&self, size: u64) -> Option<Digest> {
        if self.0.len() as u64 != part_count(size) || self.0.len() < 2 {
            return None;
        }
        let (left, right) = halves(&self.0, size);
        let (left, right) = (value_of(left.0, left.1), value_of(right.0, right.1));
        Some(merge_subtrees_root(&left, &right, Mode::Hash).into())
    }

    /// Returns whether bytes are those of a part.
    pub(crate) fn is_part(&self, index: usize, bytes: &[u8]) -> bool {
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset((index * PART) as u64);
        self.0.get(index).is_some_and(|value| hasher.update(bytes).finalize_non_root() == *value)
    }
}

/// Values of neighbouring parts, and how many bytes these have.
type Span<'v> = (&'v [ChainingValue], u64);

fn halves(values: &[ChainingValue], size: u64) -> (Span<'_>, Span<'_>) {
    let left = left_subtree_len(size);
    let count = usize::try_from(left / PART as u64).expect("fewer than there are values");
    let (first, second) = values.split_at(count);
    ((first, left), (second, size - left))
}

/// Computes the value of a subtree that is not the root.
fn value_of(values: &[ChainingValue], size: u64) -> ChainingValue {
    if let [value] = values {
        return *value;
    }
    let (left, right) = halves(values, size);
    merge_subtrees_non_root(&value_of(left.0, left.1), &value_of(right.0, right.1), Mode::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|index| (index * 7 + index / 251) as u8).collect()
    }

    fn outlined(bytes: &[u8], step: usize) -> (Digest, Outline) {
        let mut outliner = Outliner::default();
        bytes.chunks(step).for_each(|chunk| outliner.update(chunk));
        assert_eq!(outliner.size(), bytes.len() as u64);
        outliner.finish()
    }

    #[test]
    fn digest_is_that_of_the_whole_content() {
        for size in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART, 5 * PART + 17, 8 * PART] {
            let bytes = content(size);
            for step in [100_003, PART, usize::MAX] {
                let (digest, outline) = outlined(&bytes, step);
                assert_eq!(digest, Digest::of(&bytes), "{size} bytes, {step} at a time");
                let expected = if size <= PART { 0 } else { size.div_ceil(PART) };
                assert_eq!(outline.len(), expected);
            }
        }
    }

    #[test]
    fn outline_that_traveled_has_the_same_digest() {
        let bytes = content(3 * PART + 5);
        let (digest, outline) = outlined(&bytes, PART);
        let mut read = Outline::default();
        read.extend(&outline.bytes(0, 3)).unwrap();
        read.extend(&outline.bytes(3, 3)).unwrap();
        assert_eq!(read.digest(bytes.len() as u64), Some(digest));
        assert_eq!(read.digest(bytes.len() as u64 + PART as u64), None, "of another size");
        assert_eq!(read.extend(&[0; VALUE + 1]), None, "half a value");
    }

    #[test]
    fn each_part_is_checked_by_itself() {
        let mut bytes = content(2 * PART + 9);
        let (_, outline) = outlined(&bytes, PART);
        bytes[PART + 3] ^= 1;
        let parts: Vec<_> = bytes.chunks(PART).enumerate().collect();
        let good: Vec<_> =
            parts.iter().map(|(index, part)| outline.is_part(*index, part)).collect();
        assert_eq!(good, [true, false, true]);
        assert!(!outline.is_part(0, &bytes[2 * PART..]), "of another place");
        assert!(!outline.is_part(3, &[]));
    }
}
