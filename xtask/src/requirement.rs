//! What a machine must have before the tests can run.
//!
//! One list for each source: programs that cargo installs. Debian packages (brokers) and the Python
//! peers get a list of their own beside it.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::Program;

/// How long one requirement may take to install; nextest is built from its source.
const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Programs that `cargo install` brings.
const CARGO_PROGRAMS: &[CargoProgram] =
    &[CargoProgram { package: "cargo-nextest", probe: &["nextest", "--version"] }];

/// A program that `cargo install` brings.
struct CargoProgram {
    package: &'static str,
    /// Arguments to `cargo` that succeed where the program is there.
    probe: &'static [&'static str],
}

impl CargoProgram {
    fn is_present(&self) -> bool {
        let probe = Command::new("cargo")
            .args(self.probe)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success())
    }

    fn install(&self) -> bool {
        let program = Program::new("cargo", ["install", self.package, "--locked"]);
        program.run(INSTALL_LIMIT).is_ok_and(|run| run.succeeded())
    }
}

/// Installs what is missing and returns the names of what could not be installed.
pub(crate) fn install_missing() -> Vec<&'static str> {
    let missing = CARGO_PROGRAMS.iter().filter(|program| !program.is_present());
    missing.filter(|program| !program.install()).map(|program| program.package).collect()
}
