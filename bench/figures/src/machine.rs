//! What the operating system says about this process and the machine.

use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// Returns one line that says where the figures come from.
///
/// It names the price of an uncontended atomic addition: a message costs a dozen such steps, so
/// figures from two machines are best compared with it in mind.
pub fn summary() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, {:.1} ns for an atomic addition", atomic_nanoseconds())
}

fn atomic_nanoseconds() -> f64 {
    const ADDITIONS: u32 = 1_000_000;
    let counter = AtomicU64::new(0);
    let start = Instant::now();
    for _ in 0..ADDITIONS {
        black_box(&counter).fetch_add(1, Ordering::AcqRel);
    }
    start.elapsed().as_nanos() as f64 / f64::from(ADDITIONS)
}

/// Returns the bytes of memory that this process holds now.
pub fn resident_bytes() -> u64 {
    status_bytes("VmRSS:")
}

/// Returns the most bytes of memory that this process has held.
pub fn peak_bytes() -> u64 {
    status_bytes("VmHWM:")
}

fn status_bytes(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has /proc/self/status");
    let kilobytes: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok())
        .expect("the status names its memory in kB");
    kilobytes * 1024
}
