//! The target `exchange_to_client`, for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lyceum_fuzz::run("exchange_to_client", bytes));
