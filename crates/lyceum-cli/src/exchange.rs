//! `lyceum exchange`: a server of mailboxes.

mod configuration;
mod dead_letters;
mod redis;
mod request;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

/// What can be done with an exchange.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves mailboxes by HTTP, as Academy's programs reach them, until it is interrupted
    Serve(Box<configuration::Options>),
    /// Lists, replays or drops durable messages that nobody has answered
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
}

impl Command {
    pub(crate) fn run(self) -> lyceum::Result<ExitCode> {
        match self {
            Self::Serve(options) => serve::run(*options),
            Self::DeadLetters(command) => command.run(),
        }
    }
}

/// Where an exchange keeps everything, unless it is told otherwise.
pub(crate) const DATA: &str = "lyceum-exchange";

/// Returns where the tokens of an exchange lie that keeps its data there.
pub(crate) fn tokens_in(data: &Path) -> PathBuf {
    data.join("tokens.json")
}
