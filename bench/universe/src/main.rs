//! Measures universes: events in steps beside Fusil's rules in Python, and a model of many agents
//! beside Mesa and krABMaga.
//!
//! `cargo xtask bench universe` runs every case on every target; see its `--help`. [`case`] says
//! what is measured, [`targets`] who takes part, [`goals`] what Lyceum is held to. A [`run`] is a
//! process of its own, of this program ([`work`]) or of a script in `python/`.

mod case;
mod goals;
mod run;
mod said;
mod same;
mod sizes;
mod targets;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use case::Case;
use clap::{Args, Parser, Subcommand, ValueEnum};
use goals::GOALS;
use lyceum_bench_figures::{Series, alternate, machine, report, summary, table};
use same::Same;
use sizes::Sizes;
use targets::Target;

#[derive(Parser)]
#[command(about = "Measures universes, beside Fusil's rules, Mesa and krABMaga")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures events in steps, and Schelling's city
    Universe(Options),
    /// Measures once
    #[command(hide = true)]
    Child {
        case: Case,
        target: String,
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Args)]
struct Options {
    /// Runs only this case (may be repeated)
    #[arg(long = "case", value_name = "NAME")]
    cases: Vec<Case>,
    /// Runs only this target (may be repeated)
    #[arg(long = "target", value_name = "NAME")]
    targets: Vec<String>,
    /// Rounds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses tiny counts: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Universe(options) => run(&options),
        Command::Child { case, target, quick } => {
            let said = work::measure(case, &target, &Sizes::new(quick));
            println!("{}", serde_json::to_string(&said).expect("figures are finite"));
            ExitCode::SUCCESS
        }
    }
}

fn run(options: &Options) -> ExitCode {
    let sizes = Sizes::new(options.quick);
    let cases = match &*options.cases {
        [] => Case::value_variants(),
        cases => cases,
    };
    let asked = &options.targets;
    let is_asked =
        |target: &&Target| asked.is_empty() || asked.iter().any(|name| name == target.name);
    println!("{}", machine::summary());
    if sizes.quick {
        println!("quick: the counts are tiny, the figures mean nothing");
    }

    let mut all: Vec<Series> = Vec::new();
    for &case in cases {
        let here: Vec<&Target> = targets::ALL
            .iter()
            .filter(|target| target.cases.contains(&case))
            .filter(is_asked)
            .collect();
        let named: Vec<_> = here.iter().map(|target| (target.name, target.role)).collect();
        let mut same = Same::default();
        let results = alternate(&named, case.metrics(), options.rounds, |place| {
            let said = run::measure(here[place], case, &sizes)?;
            same.note(here[place].name, &said.moved)?;
            Ok(said.figures)
        });
        if !results.series.is_empty() || !results.gaps.is_empty() {
            print!("\n{}", table::render(case.metrics(), &results, GOALS, "lyceum"));
        }
        print!("{same}");
        all.extend(results.series);
    }

    println!("\n{}", summary(GOALS, &all));
    if let Some(path) = &options.json
        && let Err(error) = report::write_all(path, &all, "one process")
    {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
