//! What a machine must have before the tests can run.
//!
//! One list for each source: programs that cargo installs, and Debian's packages. What of these is
//! missing is no failure: its tests say that they did not run.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::Program;

/// How long one requirement may take to install; nextest is built from its source.
const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Programs that `cargo install` brings.
const CARGO_PROGRAMS: &[CargoProgram] =
    &[CargoProgram { package: "cargo-nextest", probe: &["nextest", "--version"] }];

/// Programs of Debian's, each with the package that brings it.
const DEBIAN_PROGRAMS: &[DebianProgram] = &[
    DebianProgram { package: "redis-server", program: "redis-server" },
    DebianProgram { package: "redis-sentinel", program: "redis-sentinel" },
];

/// A program that a package of Debian's brings.
struct DebianProgram {
    package: &'static str,
    program: &'static str,
}

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

impl DebianProgram {
    fn is_present(&self) -> bool {
        let probe = Command::new(self.program)
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success())
    }
}

/// Installs packages of Debian's that are missing, where that can be done; no service is started.
fn install_debian() {
    let missing: Vec<&str> = DEBIAN_PROGRAMS
        .iter()
        .filter(|program| !program.is_present())
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return;
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    let steps = [vec!["update"], [&install[..], &missing].concat()];
    for step in steps {
        // `RUNLEVEL` is how Debian's scripts know that nothing is to be started.
        let program = Program::new("apt-get", step)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1");
        let done = program.run(INSTALL_LIMIT).is_ok_and(|run| run.succeeded());
        if !done {
            eprintln!("not installed: {}", missing.join(", "));
            return;
        }
    }
}

/// Installs what is missing and returns the names of what could not be installed.
pub(crate) fn install_missing() -> Vec<&'static str> {
    install_debian();
    let missing = CARGO_PROGRAMS.iter().filter(|program| !program.is_present());
    missing.filter(|program| !program.install()).map(|program| program.package).collect()
}
