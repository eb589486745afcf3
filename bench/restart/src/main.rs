//! Measures how soon an exchange server is ready that was killed while messages waited in it.
//!
//! A process fills a store and is killed. Then a server is started on it, asked whether it is
//! ready, and killed, once for each round. What is measured is the time from its start as a process
//! to its first answer.

mod fill;
mod round;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use lyceum_bench_figures::report::{self, Row};
use lyceum_bench_figures::{Metric, Samples, Unit, machine, text};

/// What is measured.
const READY: Metric = Metric("ready-after-kill", Unit::Seconds);

#[derive(Parser)]
#[command(about = "Measures how soon a server is ready that was killed")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures the start of a server on a store with many messages
    Restart(Restart),
    /// Fills a store, and waits
    #[command(hide = true)]
    Fill { folder: PathBuf, messages: u64 },
    /// Serves a store
    #[command(hide = true)]
    Serve { folder: PathBuf },
}

#[derive(Args)]
struct Restart {
    /// Messages that wait
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Rounds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Writes the figure to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Uses few messages: shows that everything runs, measures nothing
    #[arg(long)]
    quick: bool,
}

fn main() -> lyceum::Result<ExitCode> {
    match Cli::parse().command {
        Command::Fill { folder, messages } => fill::run(&folder, messages)?,
        Command::Serve { folder } => serve::run(&folder)?,
        Command::Restart(options) => measure(&options)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(options: &Restart) -> lyceum::Result<()> {
    let (messages, rounds) =
        if options.quick { (2_000, 1) } else { (options.messages, options.rounds) };
    let folder = std::env::temp_dir().join(format!("lyceum-restart-{}", std::process::id()));
    // What another run left.
    let _ = std::fs::remove_dir_all(&folder);
    let figures = round::all(&folder, messages, rounds);
    std::fs::remove_dir_all(&folder)?;
    let samples = Samples::new(figures?);
    println!("{}", machine::summary());
    println!("a server with {messages} waiting messages is ready after a kill in seconds");
    println!("{}", text::cell(&samples));
    if let Some(file) = &options.json {
        report::write(file, &[Row::new(READY, "lyceum", "process".to_owned(), &samples)])?;
    }
    Ok(())
}
