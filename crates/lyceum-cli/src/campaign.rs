//! `lyceum campaign`: runs a program with changed inputs, and keeps what it does wrong.

mod display;
mod files;
mod replay;
mod run;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use lyceum::full_text;

/// What the exit codes say, at the end of the help.
const CODES: &str = "Exit codes:
  0    nothing was found
  1    something was found
  2    the campaign could not run, or not go on
  130  it was interrupted, by Ctrl-C or a request to terminate";

/// What can be done with campaigns; without a command, one is run.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, after_help = CODES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a campaign to its end, or to Ctrl-C, and prints its report
    #[command(after_help = CODES)]
    Run(Box<run::RunOptions>),
    /// Runs again what was found
    #[command(after_help = replay::CODES)]
    Replay(replay::ReplayOptions),
    /// Writes a project file to begin with, and three inputs
    Init {
        /// The folder that they are written to
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Nothing,
    Found,
    Interrupted,
    /// Nobody could say whether there was something.
    Unjudged,
}

/// Why a command could not do what it was asked for.
type Failure = Box<dyn Error + Send + Sync>;

impl Options {
    pub(crate) fn execute(self) -> ExitCode {
        let done = match self.command {
            None => self.run.run(),
            Some(Command::Run(options)) => options.run(),
            Some(Command::Replay(options)) => options.run(),
            Some(Command::Init { folder }) => files::write(&folder),
        };
        match done {
            Ok(Verdict::Nothing) => ExitCode::SUCCESS,
            Ok(Verdict::Found) => ExitCode::from(1),
            Ok(Verdict::Interrupted) => ExitCode::from(130),
            Ok(Verdict::Unjudged) => ExitCode::from(2),
            Err(failure) => {
                say(&format!("error: {}", full_text(&*failure)));
                ExitCode::from(2)
            }
        }
    }
}

/// Prints the result of a command.
fn print(text: &str) {
    // A reader that goes away has seen enough; the report is in its files.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Prints what is no result.
fn say(line: &str) {
    // Nobody can be told that nobody can be told.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Returns a line of a program's output without commands to the terminal.
fn printable(line: &str) -> String {
    let shown = |letter: char| match letter {
        '\t' => vec![' ', ' '],
        letter if letter.is_control() => letter.escape_default().collect(),
        letter => vec![letter],
    };
    line.chars().flat_map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_programs_commands_no_terminal() {
        assert_eq!(printable("a\tb \u{1b}[2Jc"), "a  b \\u{1b}[2Jc");
    }
}
