//! Measures actor frameworks side by side.
//!
//! `cargo run --release -- core` runs every case on every target; see `core --help`.
//! [`case`] says what is measured, [`framework`] what a target must be able to do, [`targets`]
//! who takes part, [`goals`] what Lyceum is held to.

mod case;
mod drivers;
mod framework;
mod goals;
mod isolate;
mod report;
mod rounds;
mod sizes;
mod spin;
mod table;
mod targets;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use case::{Case, Place};
use lyceum_bench_figures::machine;
use rounds::Series;
use sizes::Sizes;
use targets::Target;

#[derive(Parser)]
#[command(about = "Measures actor frameworks side by side")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures calls, tells, launches, memory and timers inside one process
    Core(Core),
    /// Measures one case once, for a parent that wants a fresh process
    #[command(hide = true)]
    Child(Child),
}

#[derive(Args)]
struct Core {
    /// Runs only this case (may be repeated)
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<Case>,
    /// Runs only this target (may be repeated)
    #[arg(long = "target", value_name = "NAME", value_parser = targets::find)]
    targets: Vec<Target>,
    /// Rounds that count; some cases take more or fewer of their own accord
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses tiny counts: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
    /// Also runs what needs several GB of memory
    #[arg(long)]
    large: bool,
}

#[derive(Args)]
struct Child {
    #[arg(long)]
    case: Case,
    #[arg(long)]
    place: Place,
    #[arg(long, value_parser = targets::find)]
    target: Target,
    #[arg(long)]
    quick: bool,
    #[arg(long)]
    large: bool,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Core(core) => run_core(&core),
        Command::Child(child) => {
            let sizes = Sizes::new(child.quick, child.large);
            isolate::answer(&child.target, child.case, child.place, &sizes);
            ExitCode::SUCCESS
        }
    }
}

fn run_core(core: &Core) -> ExitCode {
    let sizes = Sizes::new(core.quick, core.large);
    let cases = if core.cases.is_empty() { Case::value_variants() } else { &core.cases };
    let targets = if core.targets.is_empty() { &targets::ALL[..] } else { &core.targets };
    println!("{}", machine::summary());
    if sizes.quick {
        println!("quick: the counts are tiny, the figures mean nothing");
    }

    let mut all: Vec<Series> = Vec::new();
    for &case in cases {
        let results = rounds::run(case, targets, core.rounds, &sizes);
        print!("\n{}", table::render(case, &results));
        all.extend(results.series);
    }

    println!("\n{}", verdict::summary(&all));
    if let Some(path) = &core.json
        && let Err(error) = report::write(path, &all)
    {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
