//! The `lyceum` program.

mod demo;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// How long a read that hangs may hold up the end of the program.
const PATIENCE: Duration = Duration::from_millis(500);

/// Multi-agent systems, from the command line.
#[derive(Parser)]
#[command(name = "lyceum", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watches over this machine with a handful of agents.
    Demo(demo::Options),
}

fn main() -> lyceum::Result<ExitCode> {
    let Command::Demo(options) = Cli::parse().command;
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(demo::run(&options));
    // Not `#[tokio::main]`: it would wait forever for a read of a dead network disk.
    runtime.shutdown_timeout(PATIENCE);
    result.map(|()| ExitCode::SUCCESS)
}
