//! Measures exchanges whose mailboxes outlive programs, beside Academy's.
//!
//! `cargo xtask bench exchanges` runs every case on every target; see its `--help`. [`case`] says
//! what is measured, [`targets`] who takes part, [`goals`] what Lyceum is held to. A [`run`] is of
//! fresh processes: a service, an agent ([`parts`]) and a user ([`user`]), in Rust or [`python`].

mod case;
mod disk;
mod goals;
mod launch;
mod parts;
mod python;
mod redis;
mod run;
mod sizes;
mod targets;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, Work};
use clap::{Args, CommandFactory, Parser, Subcommand};
use lyceum::manager::Program;
use lyceum_bench_figures::{Options, Suite};
use sizes::Sizes;

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
    #[command(flatten)]
    options: Options<Case>,
    /// Where servers keep their stores: on the disk that is measured
    #[arg(long, value_name = "FOLDER", default_value = "target/bench-exchanges")]
    data: PathBuf,
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

fn run(Exchanges { options, data }: &Exchanges) -> ExitCode {
    let sizes = Sizes::new(options.quick);
    let mut suite = Suite::new(options);
    for &case in suite.cases() {
        suite.measure(case, |target| run::measure(target, case, &sizes, data));
    }
    suite.finish()
}
