//! Numbers that are written in an input, digit by digit.

use std::ops::Range;

use rand::Rng;

use super::change::Change;
use super::interesting;

/// The longest run of digits that is read as one number.
const LONGEST: usize = 20;

/// Draws a change of one of the numbers in an input, or nothing where it has none.
pub(super) fn change<R: Rng + ?Sized>(input: &[u8], rng: &mut R) -> Option<Change> {
    let run = choose(input, rng)?;
    let written = &input[run.clone()];
    let bytes = match rng.random_range(0..4_u8) {
        0 | 1 => interesting::written(rng).to_vec(),
        2 => moved(written, rng)?,
        _ => [written, &[rng.random_range(b'0'..=b'9')]].concat(),
    };
    Some(Change::Replace { at: run.start, length: run.len(), bytes })
}

/// Chooses a run of digits: the first one behind a place that is drawn.
fn choose<R: Rng + ?Sized>(input: &[u8], rng: &mut R) -> Option<Range<usize>> {
    if input.is_empty() {
        return None;
    }
    let from = rng.random_range(0..input.len());
    let places = (from..input.len()).chain(0..from);
    let start = places.into_iter().find(|&at| starts_number(input, at))?;
    let digits = input[start..].iter().take(LONGEST).take_while(|byte| byte.is_ascii_digit());
    Some(start..start + digits.count())
}

fn starts_number(input: &[u8], at: usize) -> bool {
    input[at].is_ascii_digit() && (at == 0 || !input[at - 1].is_ascii_digit())
}

/// Returns a number near the one that is written, or far from it.
fn moved<R: Rng + ?Sized>(written: &[u8], rng: &mut R) -> Option<Vec<u8>> {
    let number: u64 = std::str::from_utf8(written).ok()?.parse().ok()?;
    let number = i128::from(number);
    let near = i128::from(rng.random_range(-16..=16_i8));
    let moved = match rng.random_range(0..4_u8) {
        0 => number * 2 + near,
        1 => number * 1_000,
        2 => -number,
        _ => number + near,
    };
    Some(moved.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    #[test]
    fn only_the_number_changes() {
        let mut rng = SmallRng::seed_from_u64(3);
        for _ in 0..200 {
            let change = change(b"size=42;", &mut rng).unwrap();
            let Change::Replace { at, length, bytes } = change else { panic!("{change:?}") };

            assert_eq!((at, length), (5, 2));
            assert!(!bytes.is_empty() && bytes.is_ascii());
        }
    }

    #[test]
    fn input_without_digits_has_no_number() {
        let mut rng = SmallRng::seed_from_u64(3);

        assert_eq!(change(b"size=", &mut rng), None);
        assert_eq!(change(b"", &mut rng), None);
    }
}
