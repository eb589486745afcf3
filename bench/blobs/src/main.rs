//! Measures large data by reference: a blob that passes through a chain of agents, each in a
//! process of its own, of which the first makes it and the last reads it.
//!
//! `cargo xtask bench blobs`. What is moved is what the system's loopback counts, all overhead and
//! whatever else uses it included.

mod chain;
mod child;
mod clerk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lyceum_bench_figures::machine;

#[derive(Parser)]
#[command(about = "Measures large data that passes through a chain of agents")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Passes a blob through a chain
    Blobs {
        /// Agents in the chain
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=64))]
        agents: u32,
        /// Mebibytes of the blob
        #[arg(long, default_value_t = 1024)]
        mebibytes: u64,
    },
    /// Serves, until the input ends
    #[command(hide = true)]
    Serve,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve => child::serve().await,
        Command::Blobs { agents, mebibytes } => {
            println!("{}", machine::summary());
            chain::run(agents, mebibytes).await.map(|figures| println!("{figures}"))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
