//! The data of `capture.py`, once more.

/// Returns the data of that name.
pub(crate) fn named(name: &str, count: usize) -> Vec<u8> {
    let mut data = match name {
        "zeros" => vec![0; count],
        "text" => text(count),
        "counter" => elements(count, u64::to_le_bytes),
        "floats" => elements(count, |index| ((index % 500) as f64 * 0.1).to_le_bytes()),
        "far" => far(count),
        "mixed" => {
            let pieces = (0..=count / 660).map(|seed| [random(60, seed as u64), text(600)]);
            pieces.flatten().flatten().collect()
        }
        "random" => random(count, 1),
        _ => panic!("no data of the name {name}"),
    };
    data.truncate(count);
    data
}

fn text(count: usize) -> Vec<u8> {
    let sentence = b"the quick brown fox jumps over the lazy dog. ";
    sentence.iter().copied().cycle().take(count).collect()
}

fn elements(count: usize, element: impl Fn(u64) -> [u8; 8]) -> Vec<u8> {
    (0..=count as u64 / 8).flat_map(element).collect()
}

fn far(count: usize) -> Vec<u8> {
    let period = [vec![0; 6000], random(3000, 1)].concat();
    elements(count, |index| u64::from(period[index as usize % 9000]).to_le_bytes())
}

fn random(count: usize, mut seed: u64) -> Vec<u8> {
    let next = |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    (0..count).map(next).collect()
}
