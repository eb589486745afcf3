//! `cargo xtask bench exchanges`: calls between nodes over the exchange server, each part in a
//! process of its own.

mod disk;
mod parts;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures calls over the exchange server
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Where the server keeps its store: on the disk that is measured
    #[arg(long, default_value = "target/bench-exchanges", global = true)]
    data: std::path::PathBuf,
    /// How many seconds each figure takes
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// What runs in a child process.
#[derive(Subcommand)]
enum Part {
    /// The server
    Server,
    /// The agent, at a server
    Agent { url: String },
}

fn main() -> ExitCode {
    let options = Options::parse();
    match options.part {
        Some(Part::Server) => parts::server(&options.data),
        Some(Part::Agent { url }) => parts::agent(&url),
        None => user::measure(&options.data, std::time::Duration::from_secs_f64(options.seconds)),
    }
    ExitCode::SUCCESS
}
