//! A reader of brackets. The planted bug: it calls itself for each level, and its stack overflows.

use std::hint::black_box;

mod input;

/// What one level takes of the stack.
const FRAME: usize = 64 << 10;

/// Prints the greatest depth.
fn main() {
    let bytes = input::read();
    let mut rest = bytes.as_slice();
    let mut deepest = 0;
    while !rest.is_empty() {
        deepest = deepest.max(level(&mut rest, 0));
    }
    println!("depth {deepest}");
}

fn level(rest: &mut &[u8], depth: u32) -> u32 {
    let frame = black_box([0_u8; FRAME]);
    let mut deepest = depth;
    while let [first, tail @ ..] = *rest {
        *rest = tail;
        match first {
            b'(' => deepest = deepest.max(level(rest, depth + 1)),
            b')' => break,
            _ => {}
        }
    }
    deepest + u32::from(black_box(frame[0]))
}
