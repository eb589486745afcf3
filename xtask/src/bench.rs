//! `cargo xtask bench SUITE`: runs a suite of the benchmarks in `bench/`.

use std::process::{Command, ExitCode};

use clap::Args;

use crate::workspace;

/// What `cargo xtask bench` was asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// The suite: `core`
    suite: String,
    /// Passed on to the suite, for instance `--json PATH`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the suite in release mode and returns its exit code.
///
/// The suite talks to the terminal itself and is not bounded in time: a person is watching.
pub(crate) fn run(options: &Options) -> ExitCode {
    let status = Command::new("cargo")
        .args(["run", "--release", "--manifest-path", "bench/Cargo.toml", "--"])
        .arg(&options.suite)
        .args(&options.arguments)
        .current_dir(workspace::root())
        .status();
    match status {
        // A suite that a signal ended has no code.
        Ok(status) => ExitCode::from(status.code().map_or(1, |code| code.to_le_bytes()[0])),
        Err(error) => {
            eprintln!("could not start cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
