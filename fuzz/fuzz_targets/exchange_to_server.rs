//! The target `exchange_to_server`, for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lyceum_fuzz::run("exchange_to_server", bytes));
