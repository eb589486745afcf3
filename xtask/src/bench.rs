//! `cargo xtask bench SUITE`: runs a suite of the benchmarks in `bench/`.

use std::process::{Command, ExitCode};

use clap::{Args, ValueEnum};

use crate::workspace;

/// What `cargo xtask bench` was asked to do.
#[derive(Args)]
pub(crate) struct Options {
    /// The suite
    suite: Suite,
    /// Passed on to the suite, for instance `--json PATH`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// A program in `bench/`.
#[derive(Clone, Copy, ValueEnum)]
enum Suite {
    /// Inside one process
    Core,
    /// Between two processes; builds all the peers, which takes minutes
    Remote,
    /// Through servers of mailboxes, beside Academy, and launches
    Exchanges,
    /// How soon an exchange server is ready that was killed with a million waiting messages
    Restart,
    /// What a session of a campaign costs beyond its program
    Sessions,
    /// Large data that passes through a chain of processes
    Blobs,
    /// Steps of universes, beside Fusil's rules in Python, Mesa and krABMaga, and sessions of
    /// campaigns
    Universe,
}

impl Suite {
    /// Returns how its program is run.
    fn arguments(self) -> &'static str {
        match self {
            Self::Blobs => "run --profile remote --manifest-path bench/blobs/Cargo.toml -- blobs",
            Self::Exchanges => {
                "run --profile remote --manifest-path bench/exchanges/Cargo.toml -- exchanges"
            }
            Self::Core => "run --release --manifest-path bench/Cargo.toml -- core",
            Self::Remote => {
                "run --profile remote --manifest-path bench/remote/Cargo.toml --features peers \
                 -- remote"
            }
            Self::Sessions => "run --release --manifest-path bench/sessions/Cargo.toml -- sessions",
            Self::Restart => {
                "run --profile remote --manifest-path bench/restart/Cargo.toml -- restart"
            }
            // Fully optimized: a step takes fewer than a hundred instructions.
            Self::Universe => {
                "run --release --manifest-path bench/universe/Cargo.toml --features peers \
                 -- universe"
            }
        }
    }
}

/// Runs the suite, optimized, and returns its exit code.
///
/// The suite talks to the terminal itself and is not bounded in time: a person is watching.
pub(crate) fn run(options: &Options) -> ExitCode {
    let status = Command::new("cargo")
        .args(options.suite.arguments().split_whitespace())
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
