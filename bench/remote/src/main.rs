//! Measures ways to reach an agent, actor or service of another process side by side.
//!
//! `cargo xtask bench remote` runs every case on every target; see its `--help`. [`case`] says what
//! is measured, [`contract`] what a target must be able to do, [`targets`] who takes part,
//! [`goals`] what Lyceum is held to. Both ends are processes of their own ([`pair`], [`child`]).

mod case;
mod child;
mod contract;
mod drivers;
mod goals;
mod pair;
mod peers;
mod python;
mod sizes;
mod targets;

use std::process::ExitCode;

use case::Case;
use clap::{Args, Parser, Subcommand};
use lyceum_bench_figures::{Options, Suite};
use sizes::Sizes;

#[derive(Parser)]
#[command(about = "Measures ways to reach an agent of another process side by side")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures calls, bodies, memory and loss between two processes
    Remote(Options<Case>),
    /// Serves, until the input ends
    #[command(hide = true)]
    Serve { part: String },
    /// Measures once
    #[command(hide = true)]
    Drive(Drive),
}

#[derive(Args)]
struct Drive {
    part: String,
    #[arg(long)]
    case: Case,
    #[arg(long)]
    address: String,
    #[arg(long)]
    server: u32,
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Remote(options) => return run(&options),
        Command::Serve { part } => child::serve(&part),
        Command::Drive(Drive { part, case, address, server, quick }) => {
            let sizes = Sizes::new(quick);
            child::drive(&part, child::Task { case, address, server, sizes });
        }
    }
    ExitCode::SUCCESS
}

fn run(options: &Options<Case>) -> ExitCode {
    let sizes = Sizes::new(options.quick);
    let mut suite = Suite::new(options);
    for &case in suite.cases() {
        suite.measure(case, |target| pair::measure(target, case, &sizes));
    }
    suite.finish()
}
