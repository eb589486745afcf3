//! `lyceum exchange dead-letters`.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Deserialize;

use crate::exchange::redis;
use crate::exchange::request::Target;

/// What can be done with dead letters.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists them, the oldest first
    List {
        /// Only those of this mailbox
        #[arg(long)]
        mailbox: Option<String>,
        #[command(flatten)]
        target: Target,
    },
    /// Puts one into its mailbox once more
    Replay {
        /// Its number in the list
        sequence: u64,
        #[command(flatten)]
        target: Target,
    },
    /// Throws one away
    Drop {
        /// Its number in the list
        sequence: u64,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Deserialize)]
struct Listed {
    dead_letters: Vec<Line>,
}

/// A dead letter, as it is shown.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) sequence: u64,
    pub(super) mailbox: String,
    pub(super) sender: String,
    pub(super) deliveries: u32,
    pub(super) reason: String,
    pub(super) at: i64,
    pub(super) bytes: u64,
}

impl Command {
    pub(crate) fn run(self) -> lyceum::Result<ExitCode> {
        match self {
            Self::List { mailbox, target } => {
                if target.is_redis() {
                    print(&redis::list(&target, mailbox.as_deref())?);
                    return Ok(ExitCode::SUCCESS);
                }
                let query = mailbox.map(|mailbox| format!("?mailbox={mailbox}"));
                let path = format!("/dead-letters{}", query.unwrap_or_default());
                let listed: Listed = serde_json::from_str(&target.ask("GET", &path)?)?;
                print(&listed.dead_letters);
            }
            Self::Replay { sequence, target } if target.is_redis() => {
                redis::replay(&target, sequence)?;
            }
            Self::Drop { sequence, target } if target.is_redis() => {
                redis::discard(&target, sequence)?;
            }
            Self::Replay { sequence, target } => {
                target.ask("POST", &format!("/dead-letters/{sequence}/replay"))?;
            }
            Self::Drop { sequence, target } => {
                target.ask("DELETE", &format!("/dead-letters/{sequence}"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(letters: &[Line]) {
    for letter in letters {
        let at = jiff::Timestamp::from_millisecond(letter.at).unwrap_or_default();
        let Line { sequence, mailbox, sender, deliveries, reason, bytes, .. } = letter;
        println!("{sequence}\t{at}\t{reason}\t{deliveries}\t{bytes}\t{sender} -> {mailbox}");
    }
}
