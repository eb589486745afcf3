//! Fuzz targets: one for each decoder of bytes from outside.
//!
//! A target takes any bytes. It panics if something is wrong that no bytes may bring about, and
//! otherwise returns a digest of what came of them, by which the driver knows inputs that lead
//! somewhere new.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml` drives all targets for a short time, on any
//! toolchain. With nightly and cargo-fuzz, `cargo +nightly fuzz run frames --features libfuzzer`
//! drives one under libFuzzer.

mod digest;
mod targets;

pub use digest::Digest;
pub use targets::{TARGETS, Target};

/// Runs one target. For the programs that libFuzzer drives.
///
/// # Panics
///
/// If there is no target of that name, or it finds something.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target has the name");
    (target.run)(bytes);
}
