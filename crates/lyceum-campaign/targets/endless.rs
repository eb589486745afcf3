//! A reader of samples, so many bytes apart. The planted bug: a distance of zero never ends.

use std::hint::black_box;

mod input;

/// Prints the sum of the samples.
fn main() {
    let bytes = input::read();
    let Some((step, samples)) = bytes.split_first() else { return println!("no samples") };
    let (mut at, mut sum) = (0, 0_u64);
    while let Some(sample) = samples.get(at) {
        sum = black_box(sum.wrapping_add(u64::from(*sample)));
        at += usize::from(step & 7);
    }
    println!("sum {sum}");
}
