//! The `lyceum` program.

mod campaign;
mod demo;
mod exchange;
mod token;

mod line;
mod signals;
mod span;
mod trouble;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use lyceum::manager::{Certs, Commands, Completions, PrintLog, RunFile};

/// How long a read that hangs may hold up the end of the program.
const PATIENCE: Duration = Duration::from_millis(500);

/// Multi-agent systems, from the command line.
#[derive(Parser)]
#[command(name = "lyceum", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watches over this machine with a handful of agents
    Demo(demo::Options),
    /// Serves mailboxes that outlive programs, and sees to what could not be delivered
    #[command(subcommand)]
    Exchange(exchange::Command),
    /// Runs a program again and again with changed inputs, and keeps what it does wrong
    Campaign(Box<campaign::Options>),
    /// Makes, lists and revokes the tokens that an exchange lets in
    #[command(subcommand)]
    Token(token::Command),
    /// Starts the agents that a file describes, of the program that it names
    Run(RunFile),
    /// Prints what an agent printed that a manager looked after
    Logs(PrintLog),
    #[command(flatten)]
    Agents(Commands),
    /// Makes certificates for nodes that talk over tls://
    Certs(Certs),
    /// Prints what a shell needs to complete this program's command line
    Completions(Completions),
}

fn main() -> lyceum::Result<ExitCode> {
    // Campaigns start this program again, to be what runs the program under test.
    lyceum::campaign::sandbox::main_if_stub();
    match Cli::parse().command {
        Command::Demo(options) => demo(&options),
        Command::Exchange(command) => command.run(),
        Command::Campaign(options) => Ok(options.execute()),
        Command::Token(command) => command.run(),
        Command::Run(options) => Ok(options.run()),
        Command::Logs(options) => Ok(options.run()),
        Command::Agents(commands) => Ok(commands.run()),
        Command::Certs(certs) => Ok(certs.run()),
        Command::Completions(options) => {
            options.print::<Cli>()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn demo(options: &demo::Options) -> lyceum::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(demo::run(options));
    // Not `#[tokio::main]`: it would wait forever for a read of a dead network disk.
    runtime.shutdown_timeout(PATIENCE);
    result.map(|()| ExitCode::SUCCESS)
}
