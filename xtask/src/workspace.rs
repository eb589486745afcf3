//! Where the project lies on this machine.

use std::env;
use std::path::{Path, PathBuf};

/// Returns the folder that holds the workspace's `Cargo.toml`.
///
/// Cargo says at run time where the package lies. What it said at compile time may be another copy
/// of the project, where several copies share a target folder.
///
/// # Panics
///
/// When the program was not started by cargo.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").expect("xtask is run as `cargo xtask`");
    Path::new(&xtask).parent().expect("xtask lies in the workspace").to_path_buf()
}
