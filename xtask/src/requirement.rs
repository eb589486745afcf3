//! What a machine must have before the tests can run.
//!
//! One list for each source: programs that cargo installs, and packages of Debian. Tests say
//! themselves what they could not run without the latter; the Python peers they install themselves.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::Program;

/// How long one requirement may take to install; nextest is built from its source.
const INSTALL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Programs that `cargo install` brings.
const CARGO_PROGRAMS: &[CargoProgram] =
    &[CargoProgram { package: "cargo-nextest", probe: &["nextest", "--version"] }];

/// Programs that packages of Debian bring.
const DEBIAN_PROGRAMS: &[DebianProgram] = &[
    DebianProgram { package: "redis-server", program: "redis-server" },
    DebianProgram { package: "redis-sentinel", program: "redis-sentinel" },
    DebianProgram { package: "openssh-client", program: "ssh" },
    DebianProgram { package: "openssh-server", program: "sshd" },
    DebianProgram { package: "munge", program: "munged" },
    DebianProgram { package: "slurm-wlm", program: "slurmctld" },
    DebianProgram { package: "kubernetes-client", program: "kubectl" },
];

/// A program that a package of Debian brings.
struct DebianProgram {
    package: &'static str,
    program: &'static str,
}

impl DebianProgram {
    fn is_present(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
        folders.map(|folder| folder.join(self.program)).any(|program| program.exists())
    }
}

/// Installs the packages of Debian that are missing, where there is apt-get and it is allowed to.
fn install_packages() {
    let missing = DEBIAN_PROGRAMS.iter().filter(|program| !program.is_present());
    let packages: Vec<_> = missing.map(|program| program.package).collect();
    if packages.is_empty() {
        return;
    }
    let named = packages.join(", ");
    let update = Program::new("apt-get", ["update"]);
    let arguments = ["install", "--yes", "--no-install-recommends"];
    let install = Program::new("apt-get", arguments.into_iter().chain(packages))
        .env("DEBIAN_FRONTEND", "noninteractive")
        // In this one no services are started: tests start their own.
        .env("RUNLEVEL", "1");
    // Where that fails, tests tell what they did without.
    let is_up_to_date = update.run(INSTALL_LIMIT).is_ok_and(|run| run.succeeded());
    if !is_up_to_date || !install.run(INSTALL_LIMIT).is_ok_and(|run| run.succeeded()) {
        eprintln!("not installed: {named}");
    }
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

/// Installs what is missing and returns the names of what could not be installed.
pub(crate) fn install_missing() -> Vec<&'static str> {
    install_packages();
    let missing = CARGO_PROGRAMS.iter().filter(|program| !program.is_present());
    missing.filter(|program| !program.install()).map(|program| program.package).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Redis stood in the list twice, and was named twice where it could not be installed.
    #[test]
    fn each_program_is_listed_once() {
        let programs: BTreeSet<_> = DEBIAN_PROGRAMS.iter().map(|one| one.program).collect();
        assert_eq!(programs.len(), DEBIAN_PROGRAMS.len());
    }
}
