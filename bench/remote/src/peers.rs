//! Both ends of each target: one file for each.

#[cfg(feature = "kameo")]
pub mod kameo;
pub mod lyceum;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "ractor")]
pub mod ractor;
pub mod raw;
#[cfg(feature = "tarpc")]
pub mod tarpc;
#[cfg(feature = "tonic")]
pub mod tonic;

use std::path::PathBuf;

/// Returns where a socket of this process may be.
pub fn socket() -> PathBuf {
    std::env::temp_dir().join(format!("lyceum-bench-{}.sock", std::process::id()))
}
