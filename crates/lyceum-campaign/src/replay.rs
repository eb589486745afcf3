//! What was found, run again.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::agents::printed;
use crate::campaign::Plan;
use crate::find::alike;
use crate::process::{Exit, Input, Limits, Program, TerminalSize};
use crate::project::INPUT_FILE;
use crate::sandbox::{Keeper, KeeperError, Sandbox, StartError, WaitError};
use crate::{Find, FindKind, InputWay};

mod judged;

/// The version of the format.
const VERSION: u32 = 2;
/// The name of the file in the directory of a find.
const FILE: &str = "replay.json";

/// The name of the file with the smaller input.
pub(crate) const MINIMIZED: &str = "minimized";

/// Everything that is needed to run again what a session ran; in the directory of what it found.
///
/// ```no_run
/// use std::path::Path;
///
/// use lyceum_campaign::Replay;
/// use lyceum_campaign::sandbox::main_if_stub;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     main_if_stub();
///     let replayed = Replay::read(Path::new("parser/sigsegv"))?.run()?;
///     assert!(replayed.is_same(), "{:?}", replayed.find);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    version: u32,
    /// The directory that it was read from.
    #[serde(skip)]
    directory: PathBuf,
    /// Whether the smaller input is run.
    #[serde(skip)]
    takes_minimized: bool,
    command: PathBuf,
    arguments: Vec<String>,
    input: InputWay,
    environment: Vec<(String, String)>,
    limits: Limits,
    accepted: Vec<u8>,
    is_sandboxed: bool,
    /// How many files it may leave in its directory.
    file_limit: usize,
    /// How many lines it may print to each stream.
    line_limit: Option<u64>,
    /// The names of files that it needs besides its input, in the directory of the find.
    files: Vec<String>,
    terminal: Option<TerminalSize>,
    find: Option<Find>,
}

/// How what was found went this time.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// How the program ended; nothing where agents were sure of a find before.
    pub exit: Option<Exit>,
    /// What was found this time.
    pub find: Option<Find>,
    /// Whether it is what was found then.
    pub verdict: ReplayVerdict,
    /// The directory with what it printed and left: `stdout`, `stderr` and others.
    pub directory: PathBuf,
}

/// Whether what was found was found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayVerdict {
    /// It has the same cause.
    Same,
    /// It has another one, or nothing was found.
    Other,
    /// Nothing was found, which means nothing: then it was the opinion of agents that did not look
    /// on this time. [`Replay::run_with`] runs it with them.
    Unjudged,
}

impl Replayed {
    /// Returns whether what was found then was found again.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.verdict == ReplayVerdict::Same
    }
}

/// Why what was found could not be run again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is none of a find.
    #[error("{path} is no `{FILE}` of this version of lyceum: {detail}")]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// An argument or a variable of the program is no text, which the file cannot say.
    #[error("cannot write down {word:?}, which is no text, for a replay")]
    NoText {
        /// Which.
        word: OsString,
    },
    /// The sandbox cannot be made.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// The program cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The program was lost.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// The agents of the session could not do their work.
    #[error("the program was not judged: {reason}")]
    Agents {
        /// Why not.
        reason: String,
    },
}

impl Replay {
    pub(crate) fn of(plan: &Plan, find: Option<&Find>) -> Self {
        let project = &plan.project;
        Self {
            version: VERSION,
            directory: PathBuf::new(),
            takes_minimized: false,
            command: plan.command.clone(),
            arguments: project.arguments_for(INPUT_FILE),
            input: project.input,
            environment: plan.environment().collect(),
            limits: (&project.limits).into(),
            accepted: project.accepted_exit_codes.clone(),
            is_sandboxed: project.is_sandboxed,
            file_limit: project.limits.files,
            line_limit: project.line_limit,
            files: Vec::new(),
            terminal: None,
            find: find.cloned(),
        }
    }

    /// Returns it for any program, with files that lie beside its input in the directory.
    pub(crate) fn of_program(
        program: &Program,
        accepted: &[u8],
        files: Vec<String>,
        is_sandboxed: bool,
        find: Option<&Find>,
    ) -> Result<Self, ReplayError> {
        let text = |word: &OsString| {
            word.clone().into_string().map_err(|word| ReplayError::NoText { word })
        };
        let pair = |(name, value): &(OsString, OsString)| {
            Ok::<_, ReplayError>((text(name)?, text(value)?))
        };
        Ok(Self {
            version: VERSION,
            directory: PathBuf::new(),
            takes_minimized: false,
            command: program.path.clone(),
            arguments: program.arguments.iter().map(text).collect::<Result<_, _>>()?,
            input: InputWay::Stdin,
            environment: program.environment.iter().map(pair).collect::<Result<_, _>>()?,
            limits: program.limits.clone(),
            accepted: accepted.to_vec(),
            is_sandboxed,
            file_limit: usize::MAX,
            line_limit: None,
            files,
            terminal: program.terminal,
            find: find.cloned(),
        })
    }

    /// Writes it into the directory of a find.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), ReplayError> {
        let path = directory.join(FILE);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        fs::write(&path, text).map_err(|source| ReplayError::File { path, source })
    }

    /// Reads it from the directory of a find.
    ///
    /// # Errors
    ///
    /// The directory has no such file, or it is of another version.
    pub fn read(directory: &Path) -> Result<Self, ReplayError> {
        let path = directory.join(FILE);
        let text =
            fs::read(&path).map_err(|source| ReplayError::File { path: path.clone(), source })?;
        let read = serde_json::from_slice::<Self>(&text);
        let replay = read.map_err(|error| ReplayError::Format {
            path: path.clone(),
            detail: error.to_string(),
        })?;
        if replay.version != VERSION {
            let detail = format!("it is of version {}, not {VERSION}", replay.version);
            return Err(ReplayError::Format { path, detail });
        }
        let is_name = |name: &String| Path::new(name).file_name() == Some(name.as_ref());
        if let Some(name) = replay.files.iter().find(|name| !is_name(name)) {
            let detail = format!("`{name}` is no name of a file");
            return Err(ReplayError::Format { path, detail });
        }
        Ok(Self { directory: directory.to_owned(), ..replay })
    }

    /// Returns what was found then.
    pub fn find(&self) -> Option<&Find> {
        self.find.as_ref()
    }

    /// Takes the smaller input that the campaign made, instead of the one that was found.
    #[must_use]
    pub fn minimized(self) -> Self {
        Self { takes_minimized: true, ..self }
    }

    /// Runs the program again as it was run then, in `replay` below the find's directory.
    ///
    /// What the program did and printed is judged. Whoever had an opinion of his own besides in the
    /// campaign does not look on: [`run_with`](Self::run_with) is for that.
    ///
    /// This program must call [`main_if_stub`](crate::sandbox::main_if_stub) first in its `main`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written, the sandbox cannot be made, or the program not be run.
    pub fn run(&self) -> Result<Replayed, ReplayError> {
        let sandbox = if self.is_sandboxed { Sandbox::On } else { Sandbox::Off };
        self.run_by(Keeper::new(sandbox)?)
    }

    /// The same, by a keeper that the caller has.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_by(&self, mut keeper: Keeper) -> Result<Replayed, ReplayError> {
        let (program, directory) = self.prepare()?;
        keeper.start(&program)?;
        let exit = keeper.wait()?;
        let printed = printed(&[program.output_path(), program.error_output_path()]);
        let find = match FindKind::of(&exit, &self.accepted) {
            Some(kind) => Some(self.told_again(Find::new(kind, &printed, None), &printed)),
            None => self.found_again(&printed, &directory)?,
        };
        let is_opinion = self.find.as_ref().is_some_and(|then| then.kind == FindKind::Opinion);
        let verdict = match find {
            None if is_opinion => ReplayVerdict::Unjudged,
            _ => self.verdict(find.as_ref()),
        };
        Ok(Replayed { exit: Some(exit), find, verdict, directory })
    }

    /// Makes the directory anew, and the program in it.
    fn prepare(&self) -> Result<(Program, PathBuf), ReplayError> {
        let file = |path: PathBuf| move |source| ReplayError::File { path, source };
        let name = if self.takes_minimized { MINIMIZED } else { INPUT_FILE };
        let from = self.directory.join(name);
        let input = fs::read(&from).map_err(file(from))?;
        let directory = self.directory.join("replay");
        if directory.exists() {
            fs::remove_dir_all(&directory).map_err(file(directory.clone()))?;
        }
        fs::create_dir(&directory).map_err(file(directory.clone()))?;
        let mut program = Program::new(&self.command, &directory).limits(self.limits.clone());
        match self.input {
            InputWay::Stdin => program = program.input(Input::Bytes(input)),
            InputWay::File => {
                let to = directory.join(INPUT_FILE);
                fs::write(&to, input).map_err(file(to))?;
            }
        }
        for name in &self.files {
            let (from, to) = (self.directory.join(name), directory.join(name));
            fs::copy(&from, to).map_err(file(from))?;
        }
        if let Some(size) = self.terminal {
            program = program.terminal(size);
        }
        for argument in &self.arguments {
            program = program.argument(argument);
        }
        for (name, value) in &self.environment {
            program = program.environment(name, value);
        }
        Ok((program, directory))
    }

    fn verdict(&self, now: Option<&Find>) -> ReplayVerdict {
        let is_same = now.map(Find::key) == self.find.as_ref().map(Find::key);
        if is_same { ReplayVerdict::Same } else { ReplayVerdict::Other }
    }

    /// Returns a find that is not seen by the end of the program alone, if it is there again.
    fn found_again(&self, printed: &[u8], directory: &Path) -> Result<Option<Find>, ReplayError> {
        let Some(then) = &self.find else { return Ok(None) };
        let again = match then.kind {
            FindKind::LineLimit => self.has_too_many_lines(directory)?,
            FindKind::Pattern => self.says_again(printed),
            FindKind::LeftFiles => {
                fs::read_dir(directory).map_or(0, Iterator::count) > self.file_limit
            }
            _ => false,
        };
        Ok(again.then(|| then.clone()))
    }

    /// Returns whether one of the streams has more lines than it should.
    fn has_too_many_lines(&self, directory: &Path) -> Result<bool, ReplayError> {
        let Some(limit) = self.line_limit else { return Ok(false) };
        for stream in ["stdout", "stderr"] {
            let path = directory.join(stream);
            // It is no larger than the limit of the output.
            let printed = fs::read(&path).map_err(|source| ReplayError::File { path, source })?;
            let ends = printed.iter().filter(|byte| **byte == b'\n').count();
            let has_rest = printed.last().is_some_and(|byte| *byte != b'\n');
            if ends as u64 + u64::from(has_rest) > limit {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the find of then instead of one of its kind that has no cause, if the line that its
    /// cause is taken from was printed again.
    fn told_again(&self, now: Find, printed: &[u8]) -> Find {
        let is_bare = now.cause.frames.is_empty() && now.cause.message.is_none();
        match &self.find {
            Some(then) if is_bare && then.kind == now.kind && self.says_again(printed) => {
                then.clone()
            }
            _ => now,
        }
    }

    /// Returns whether the line that is the cause of the find was printed again.
    fn says_again(&self, printed: &[u8]) -> bool {
        let then = self.find.as_ref().and_then(|find| find.cause.message.as_ref());
        let mut lines = printed.split(|byte| *byte == b'\n');
        then.is_some_and(|then| lines.any(|line| alike(&String::from_utf8_lossy(line)) == *then))
    }
}
