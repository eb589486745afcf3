//! What the command line of a program says.

use std::ffi::OsString;
use std::path::PathBuf;

use lyceum_core::BoxError;

use crate::Level;

/// What the command line says.
#[derive(Debug, PartialEq)]
pub(super) struct Arguments {
    pub(super) verb: Verb,
    /// From which level on lines are shown, if that is said.
    pub(super) level: Option<Level>,
    pub(super) is_traced: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Verb {
    Help,
    Run { seed: Option<u64>, record: Option<PathBuf> },
    Replay { log: PathBuf, session: Option<u64> },
}

/// Returns the help of a program.
pub(super) fn help(name: &str) -> String {
    format!(
        "Runs the project, or replays a run\n\n\
         Usage: {name} [run] [--seed NUMBER] [--record FILE] [--trace] [--debug | --quiet]\n       \
         {name} replay FILE [--session NUMBER] [--trace] [--debug | --quiet]\n\n\
         \x20 --seed NUMBER     the seed of all randomness\n\
         \x20 --record FILE     writes what comes from outside into a log, for `replay`\n\
         \x20 --session NUMBER  replays up to the end of a session, and shows that one alone\n\
         \x20 --trace           prints what happened, event by event\n\
         \x20 --debug           shows all lines of the agents' loggers\n\
         \x20 --quiet           shows errors alone\n\n\
         Exit codes:\n\
         \x20 0    it finished\n\
         \x20 1    an agent failed\n\
         \x20 2    it could not run, or the replay took another course than its log\n\
         \x20 130  it was interrupted, by Ctrl-C or a request to terminate\n"
    )
}

impl Arguments {
    /// Reads the words behind the program's name.
    pub(super) fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, BoxError> {
        let mut words = words.peekable();
        let verb = words.next_if(|word| !word.to_string_lossy().starts_with('-'));
        let mut arguments = Self { verb: Verb::Help, level: None, is_traced: false };
        let (mut seed, mut record, mut session, mut log) = (None, None, None, None);
        let is_replay = match verb.as_ref().map(|verb| verb.to_string_lossy()).as_deref() {
            None | Some("run") => false,
            Some("replay") => true,
            Some("help") => return Ok(arguments),
            Some(other) => return Err(format!("no command `{other}`: see `--help`").into()),
        };
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            let mut value = |what: &str| {
                words.next().ok_or_else(|| format!("`{text}` needs {what}: see `--help`"))
            };
            match (&*text, is_replay) {
                ("--help" | "-h", _) => return Ok(arguments),
                ("--trace", _) => arguments.is_traced = true,
                ("--debug", _) => arguments.level = Some(Level::Debug),
                ("--quiet", _) => arguments.level = Some(Level::Error),
                ("--seed", false) => seed = Some(number(&text, &value("a number")?)?),
                ("--record", false) => record = Some(PathBuf::from(value("a file")?)),
                ("--session", true) => match number(&text, &value("a number")?)? {
                    0 => return Err("sessions are counted from 1".into()),
                    number => session = Some(number),
                },
                (option, _) if option.starts_with('-') => {
                    return Err(format!("no option `{option}` here: see `--help`").into());
                }
                (_, true) if log.is_none() => log = Some(PathBuf::from(word)),
                _ => return Err(format!("`{text}` is one too many: see `--help`").into()),
            }
        }
        arguments.verb = match (is_replay, log) {
            (false, _) => Verb::Run { seed, record },
            (true, Some(log)) => Verb::Replay { log, session },
            (true, None) => return Err("`replay` needs the file of a log: see `--help`".into()),
        };
        Ok(arguments)
    }
}

fn number(option: &str, word: &OsString) -> Result<u64, BoxError> {
    let text = word.to_string_lossy();
    let number = text.parse();
    number.map_err(|_| format!("`{option}` needs a number, and `{text}` is none").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words = line.split_whitespace().map(OsString::from);
        Arguments::parse(words).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_have_their_options() {
        let run = parse("--seed 7 --record log --debug").unwrap();
        assert_eq!(run.verb, Verb::Run { seed: Some(7), record: Some("log".into()) });
        assert_eq!((run.level, run.is_traced), (Some(Level::Debug), false));
        let replay = parse("replay log --session 3 --trace --quiet").unwrap();
        assert_eq!(replay.verb, Verb::Replay { log: "log".into(), session: Some(3) });
        assert_eq!((replay.level, replay.is_traced), (Some(Level::Error), true));
        assert_eq!(parse("").unwrap().verb, Verb::Run { seed: None, record: None });
        assert_eq!(parse("replay --help").unwrap().verb, Verb::Help);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, error) in [
            ("rerun", "no command `rerun`: see `--help`"),
            ("run --sed 7", "no option `--sed` here: see `--help`"),
            ("run --session 7", "no option `--session` here: see `--help`"),
            ("--seed", "`--seed` needs a number: see `--help`"),
            ("--seed x", "`--seed` needs a number, and `x` is none"),
            ("run log", "`log` is one too many: see `--help`"),
            ("replay", "`replay` needs the file of a log: see `--help`"),
            ("replay a b", "`b` is one too many: see `--help`"),
            ("replay a --session 0", "sessions are counted from 1"),
        ] {
            assert_eq!(parse(line).unwrap_err(), error);
        }
    }
}
