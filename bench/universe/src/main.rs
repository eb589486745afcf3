//! Measures universes: events in steps beside Fusil's rules in Python, a model of many agents
//! beside Mesa and krABMaga, and sessions of campaigns beside their program alone.
//!
//! `cargo xtask bench universe` runs every case on every target; see its `--help`. [`case`] says
//! what is measured, [`targets`] who takes part, [`goals`] what Lyceum is held to. A [`run`] is a
//! process of its own, of this program ([`work`]) or of a script in `python/`.

mod case;
mod goals;
mod run;
mod same;
mod sizes;
mod targets;
mod work;

use std::process::ExitCode;

use case::Case;
use clap::{Parser, Subcommand};
use lyceum_bench_figures::{Options, Suite};
use same::Same;
use sizes::Sizes;

#[derive(Parser)]
#[command(about = "Measures universes, beside Fusil's rules, Mesa and krABMaga")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures events in steps, Schelling's city, and sessions of a campaign
    Universe(Options<Case>),
    /// Measures once
    #[command(hide = true)]
    Child {
        case: Case,
        target: String,
        #[arg(long)]
        quick: bool,
    },
}

fn main() -> ExitCode {
    // A campaign starts this program again, to keep its sandbox.
    lyceum::campaign::sandbox::main_if_stub();
    match Cli::parse().command {
        Command::Universe(options) => run(&options),
        Command::Child { case, target, quick } => {
            work::measure(case, &target, &Sizes::new(quick)).say();
            ExitCode::SUCCESS
        }
    }
}

fn run(options: &Options<Case>) -> ExitCode {
    let sizes = Sizes::new(options.quick);
    let mut suite = Suite::new(options);
    for &case in suite.cases() {
        let mut same = Same::default();
        suite.measure(case, |target| {
            let said = run::measure(target, case, &sizes)?;
            same.note(target.name, &said.counts)?;
            Ok(said.figures)
        });
        print!("{same}");
    }
    suite.finish()
}
