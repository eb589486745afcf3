//! The project's own commands, run as `cargo xtask COMMAND`.
//!
//! | command | what it does | where |
//! |---|---|---|
//! | `test` | runs every check of the project, stage by stage | [`mod@test`], [`stage`] |
//! | `tidy` | checks the rules of the house that no compiler knows | [`tidy`] |
//! | `bench` | runs a suite of the benchmarks in `bench/` | [`mod@bench`] |
//!
//! Programs that a stage starts run through [`program`], which bounds their time.

#![expect(
    clippy::disallowed_methods,
    reason = "xtask is a plain program: it has no node to take time and threads from"
)]

use std::process::ExitCode;

use clap::Parser;

mod asan;
mod bench;
mod count;
mod peers;
mod program;
mod requirement;
mod stage;
mod test;
mod tidy;
mod watchdog;
mod workspace;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Xtask {
    /// Runs every check of the project; the last line is `N passed, N failed`
    Test(test::Options),
    /// Checks the rules of the house that no compiler knows
    Tidy,
    /// Runs a suite of the benchmarks in `bench/`
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match Xtask::parse() {
        Xtask::Test(options) => test::run(&options),
        Xtask::Tidy => tidy::run(),
        Xtask::Bench(options) => bench::run(&options),
    }
}
