//! Measures exchanges whose mailboxes outlive programs, beside Academy's.
//!
//! `cargo xtask bench exchanges` runs every case on every target; see its `--help`. [`case`] says
//! what is measured, [`targets`] who takes part, [`goals`] what Lyceum is held to. A [`run`] is of
//! fresh processes: a service, an agent ([`parts`]) and a user ([`user`]), in Rust or in [`python`].

mod case;
mod child;
mod disk;
mod goals;
mod launch;
mod parts;
mod python;
mod redis;
mod run;
mod said;
mod sizes;
mod targets;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, Work};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use goals::GOALS;
use lyceum::manager::Program;
use lyceum_bench_figures::{Series, alternate, machine, report, summary, table};
use sizes::Sizes;
use targets::Target;

#[derive(Parser)]
#[command(about = "Measures exchanges whose mailboxes outlive programs, beside Academy's")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures calls through servers of mailboxes, and launches
    Exchanges(Exchanges),
    /// Serves mailboxes, until the input ends
    #[command(hide = true)]
    Server {
        #[arg(long)]
        data: PathBuf,
    },
    /// Serves an agent, until the input ends
    #[command(hide = true)]
    Agent { url: String },
    /// Measures once
    #[command(hide = true)]
    User {
        work: Work,
        url: String,
        #[arg(long)]
        quick: bool,
    },
    /// Launches once
    #[command(hide = true)]
    Launch {
        case: Case,
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Args)]
struct Exchanges {
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
    /// Where servers keep their stores: on the disk that is measured
    #[arg(long, value_name = "FOLDER", default_value = "target/bench-exchanges")]
    data: PathBuf,
    /// Uses tiny counts: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    // The launcher of child processes starts this program with verbs of its own.
    if !std::env::args().nth(1).is_none_or(|verb| Cli::command().find_subcommand(verb).is_some()) {
        return Program::new("lyceum-bench-exchanges", "0.1.0").with::<launch::Counter>().main();
    }
    match Cli::parse().command {
        Command::Exchanges(exchanges) => return run(&exchanges),
        Command::Server { data } => parts::server(&data),
        Command::Agent { url } => parts::agent(&url),
        Command::User { work, url, quick } => user::measure(work, url, Sizes::new(quick)),
        Command::Launch { case, quick } => {
            if let Err(error) = parts::run(launch::measure(case, Sizes::new(quick))) {
                eprintln!("{error:?}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn run(exchanges: &Exchanges) -> ExitCode {
    let sizes = Sizes::new(exchanges.quick);
    let cases = match &*exchanges.cases {
        [] => Case::value_variants(),
        cases => cases,
    };
    let asked = &exchanges.targets;
    let is_asked = |target: &&Target| {
        asked.is_empty() || asked.iter().any(|name| name == target.name)
    };
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
        let measure = |place: usize| run::measure(here[place], case, &sizes, &exchanges.data);
        let results = alternate(&named, case.metrics(), exchanges.rounds, measure);
        if !results.series.is_empty() || !results.gaps.is_empty() {
            print!("\n{}", table::render(case.metrics(), &results, GOALS, "lyceum"));
        }
        all.extend(results.series);
    }

    println!("\n{}", summary(GOALS, &all));
    if let Some(path) = &exchanges.json
        && let Err(error) = report::write_all(path, &all, "three processes")
    {
        eprintln!("cannot write {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
