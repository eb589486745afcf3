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

use std::path::PathBuf;
use std::process::ExitCode;

use case::Case;
use clap::{Args, Parser, Subcommand, ValueEnum};
use goals::GOALS;
use lyceum_bench_figures::{Series, alternate, machine, report, summary, table};
use sizes::Sizes;
use targets::Target;

#[derive(Parser)]
#[command(about = "Measures ways to reach an agent of another process side by side")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures calls, bodies, memory and loss between two processes
    Remote(Remote),
    /// Serves, until the input ends
    #[command(hide = true)]
    Serve { part: String },
    /// Measures once
    #[command(hide = true)]
    Drive(Drive),
}

#[derive(Args)]
struct Remote {
    /// Runs only this case (may be repeated)
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<Case>,
    /// Runs only this target (may be repeated)
    #[arg(long = "target", value_name = "NAME", value_parser = targets::find)]
    targets: Vec<&'static str>,
    /// Rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses tiny counts: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
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
        Command::Remote(remote) => return run(&remote),
        Command::Serve { part } => child::serve(&part),
        Command::Drive(Drive { part, case, address, server, quick }) => {
            let sizes = Sizes::new(quick);
            child::drive(&part, child::Task { case, address, server, sizes });
        }
    }
    ExitCode::SUCCESS
}

fn run(remote: &Remote) -> ExitCode {
    let sizes = Sizes::new(remote.quick);
    let cases = if remote.cases.is_empty() { Case::value_variants() } else { &remote.cases };
    let is_asked =
        |target: &&Target| remote.targets.is_empty() || remote.targets.contains(&target.name);
    let targets: Vec<Target> = targets::ALL.iter().filter(is_asked).copied().collect();
    println!("{}", machine::summary());
    if sizes.quick {
        println!("quick: the counts are tiny, the figures mean nothing");
    }

    let mut all: Vec<Series> = Vec::new();
    for &case in cases {
        let here: Vec<&Target> = targets.iter().filter(|one| one.cases.contains(&case)).collect();
        let named: Vec<_> = here.iter().map(|target| (target.name, target.role)).collect();
        let measure = |place: usize| pair::measure(here[place], case, &sizes);
        let results = alternate(&named, case.metrics(), remote.rounds, measure);
        if !results.series.is_empty() || !results.gaps.is_empty() {
            print!("\n{}", table::render(case.metrics(), &results, GOALS, "lyceum_tcp"));
        }
        all.extend(results.series);
    }

    println!("\n{}", summary(GOALS, &all));
    if let Some(path) = &remote.json
        && let Err(error) = report::write_all(path, &all, "two processes")
    {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
