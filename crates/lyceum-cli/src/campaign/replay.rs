//! `lyceum campaign replay`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use lyceum::campaign::process::{Ending, Exit};
use lyceum::campaign::{Replay, ReplayError, ReplayVerdict};

use super::{Failure, Verdict, print, printable};

/// What the exit codes say, at the end of the help.
pub(super) const CODES: &str = "Exit codes:
  0    nothing was found this time
  1    something was found, be it the same or not
  2    it could not be run, or nobody could judge it: it was the opinion of agents that are
       not in this program";

/// How many lines of each stream are printed.
const LINES: usize = 12;
/// How much of a stream's end they are taken from.
const END: usize = 64 << 10;

/// What is to be run again.
#[derive(Args)]
pub(crate) struct ReplayOptions {
    /// The folder of what was found
    folder: PathBuf,
    /// Takes the smaller input that the campaign made
    #[arg(long)]
    minimized: bool,
}

impl ReplayOptions {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let replay = Replay::read(&self.folder).map_err(|error| with_finds(&self.folder, error))?;
        let replay = if self.minimized { replay.minimized() } else { replay };
        let replayed = replay.run()?;
        let found = |find: Option<&_>| match find {
            Some(find) => printable(&ToString::to_string(find)),
            None => "nothing".to_owned(),
        };
        let mut text = match &replayed.exit {
            Some(exit) => format!("ended    {}\n", ending(exit)),
            None => "ended    when it was found\n".to_owned(),
        };
        for stream in ["stdout", "stderr"] {
            text += &last_lines(stream, &replayed.directory.join(stream))?;
        }
        text += &format!("found    {}\n", found(replayed.find.as_ref()));
        let then = found(replay.find());
        text += &match replayed.verdict {
            ReplayVerdict::Same => "verdict  the same as in the campaign\n".to_owned(),
            ReplayVerdict::Unjudged => format!(
                "verdict  none: it was {then}, of agents that this program does not have; run it \
                 with them, by `Replay::run_with` in the campaign's own program\n"
            ),
            _ => format!("verdict  not the same: it was {then}\n"),
        };
        text += &format!("files    {}\n", replayed.directory.display());
        print(&text);
        Ok(match replayed.verdict {
            ReplayVerdict::Unjudged => Verdict::Unjudged,
            _ if replayed.find.is_some() => Verdict::Found,
            _ => Verdict::Nothing,
        })
    }
}

/// Says which finds there are, where the folder is that of a campaign.
fn with_finds(folder: &Path, error: ReplayError) -> Failure {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_find = |path: &PathBuf| path.join("replay.json").is_file();
    let mut finds: Vec<_> = entries.map(|entry| entry.path()).filter(is_find).collect();
    if finds.is_empty() {
        return error.into();
    }
    finds.sort();
    let mut text = format!("{} is no find, but has these:", folder.display());
    for find in finds {
        text += &format!("\n  {}", printable(&find.display().to_string()));
    }
    text.into()
}

/// Returns how a program ended, in words.
fn ending(exit: &Exit) -> String {
    let how = match exit.ending {
        Ending::Code(code) => format!("with code {code}"),
        Ending::Signal { number } => format!("by signal {number}"),
    };
    let limit = exit.limit.map_or_else(String::new, |limit| format!(" at the limit {limit:?}"));
    format!("{how}{limit} after {:.3} s", exit.wall.as_secs_f64())
}

/// Returns the last lines of what a program printed.
fn last_lines(name: &str, path: &Path) -> io::Result<String> {
    let printed = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        printed => printed?,
    };
    let end = String::from_utf8_lossy(&printed[printed.len().saturating_sub(END)..]);
    let lines: Vec<_> = end.trim_matches(['\r', '\n']).lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let mut text = match last.is_empty() {
        true => format!("{name}   nothing\n"),
        false if last.len() == lines.len() && printed.len() <= END => format!("{name}\n"),
        false => format!("{name}   the last {} lines\n", last.len()),
    };
    for line in last {
        text += &format!("         {}\n", printable(line));
    }
    Ok(text)
}
