//! Computing that takes a known time of one core.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Computes for `iterations` without reading a clock, so that two of these on one core take
/// twice as long.
pub fn spin(iterations: u64) -> u64 {
    let mut value = 1_u64;
    for _ in 0..iterations {
        value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    value
}

/// Returns how many iterations take `wanted` on an undisturbed core.
pub fn iterations_for(wanted: Duration) -> u64 {
    const TRIAL: u64 = 200_000;
    const TRIALS: u32 = 40;
    let fastest = (0..TRIALS)
        .map(|_| {
            let start = Instant::now();
            black_box(spin(TRIAL));
            start.elapsed()
        })
        .min()
        .expect("at least one trial");
    (TRIAL as f64 * wanted.as_secs_f64() / fastest.as_secs_f64()) as u64
}
