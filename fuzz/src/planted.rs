//! A decoder with a fault, for a campaign to find: it believes the lengths that it reads.

use lyceum_fuzz::{Digest, Target};

/// Not among the others.
pub(crate) const TARGET: Target = Target { name: "planted", run, seeds, budget: 1 << 20 };

/// How many seeds there are: as many as other decoders have.
const SEEDS: usize = 12;

/// Texts, each behind its length.
fn seeds() -> Vec<Vec<u8>> {
    let words = ["kettle", "ore", "a longer text with spaces", "x"];
    let coded = |count: usize| {
        let word = |place: usize| words[(place + count) % words.len()].as_bytes();
        (0..count).flat_map(|place| [&[word(place).len() as u8], word(place)].concat()).collect()
    };
    (1..=SEEDS).map(coded).collect()
}

fn run(bytes: &[u8]) -> Digest {
    let (mut rest, mut texts) = (bytes, Vec::new());
    while let Some((length, after)) = rest.split_first() {
        let (text, after) = after.split_at(usize::from(*length));
        texts.push("t".repeat(text.len().min(8)));
        rest = after;
    }
    Digest::of(texts)
}
