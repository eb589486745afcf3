//! The target `hybrid_frames`, for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lyceum_fuzz::run("hybrid_frames", bytes));
