//! What a campaign does.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check;
use super::error::ProjectFileError;
use crate::patterns::{PatternTable, Scanner};
use crate::process::Limits;

/// What a campaign does, as a file says it.
///
/// Only the command must be there. All that is wrong with a file is reported at once, with line and
/// column; a field that no campaign has is wrong, too.
///
/// ```
/// use std::path::Path;
///
/// use lyceum_campaign::{InputWay, ProjectFile};
///
/// let text = r#"
///     command = "target/debug/parser"
///     arguments = ["--strict", "{input}"]
///     seeds = "seeds"
///
///     [limits]
///     time = "2s"
///     memory = "256MiB"
/// "#;
/// let project = ProjectFile::parse(text, Path::new("tests/parser.toml")).unwrap();
/// assert_eq!(project.name, "parser");
/// assert_eq!(project.command, Path::new("tests/target/debug/parser"));
/// assert_eq!(project.input, InputWay::File);
/// assert_eq!(project.arguments_for("a.bin"), ["--strict", "a.bin"]);
/// assert_eq!(project.limits.memory, 256 << 20);
/// ```
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// The name, from the file's name where it is not said.
    pub name: String,
    /// The program: beside the project file if it has a `/`, else looked for in `PATH`.
    pub command: PathBuf,
    /// Its arguments, in which `{input}` stands for the file with the input.
    pub arguments: Vec<String>,
    /// How it gets its input.
    pub input: InputWay,
    /// The most bytes of an input.
    pub input_size: usize,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Variables that it has from the campaign's own environment.
    pub inherit: Vec<String>,
    /// The folder of seed inputs; without it the only seed is empty.
    pub seeds: Option<PathBuf>,
    /// The file of words that may be put into inputs.
    pub dictionary: Option<PathBuf>,
    /// Where directories of sessions and the report are written.
    pub directory: PathBuf,
    /// Which directories of sessions stay.
    pub keep: Kept,
    /// Whether the program runs in a sandbox.
    pub is_sandboxed: bool,
    /// How many universes run side by side; as many as there are processors where it is not said.
    pub universes: Option<usize>,
    /// The seed of random numbers, at most [`MOST_SEED`](Self::MOST_SEED); another one each time
    /// where it is not said.
    pub seed: Option<u64>,
    /// How strongly inputs are changed in the beginning.
    pub strength: f64,
    /// Whether scores change the strength.
    pub is_adaptive: bool,
    /// The most trials for which the input of a find is made smaller; none with zero.
    pub minimize_trials: usize,
    /// Exit codes that are no find.
    pub accepted_exit_codes: Vec<u8>,
    /// What the program may use.
    pub limits: ProjectLimits,
    /// The score from which on a session is a success.
    pub success_score: f64,
    /// The score up to which a session is refused.
    pub error_score: f64,
    /// When the campaign ends.
    pub stop: StopLimits,
    /// What is looked for in the output.
    pub patterns: Arc<PatternTable>,
    /// The lines of output above which a program is at fault.
    pub line_limit: Option<u64>,
}

/// How a program gets its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InputWay {
    /// As a file, whose name stands for `{input}` in its arguments.
    File,
    /// At its standard input.
    Stdin,
}

/// Which directories of sessions stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kept {
    /// Those of sessions that found something new.
    Finds,
    /// Those of sessions that found anything, be it new or known.
    Successes,
    /// All.
    All,
}

/// What a program under test may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectLimits {
    /// How long it may run.
    pub time: Duration,
    /// How much time of a processor it may use; as long as it may run where it is not said.
    pub cpu: Duration,
    /// How many bytes of memory it may have.
    pub memory: u64,
    /// How many bytes a file of it may have.
    pub file: u64,
    /// How many bytes it may print.
    pub output: u64,
    /// How many processes it may be.
    pub processes: u32,
    /// How many files it may leave in its directory.
    pub files: usize,
}

/// When a campaign ends: at whatever comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopLimits {
    /// After so many sessions.
    pub sessions: Option<u64>,
    /// After so many finds with different causes.
    pub finds: Option<usize>,
    /// After so long.
    pub time: Option<Duration>,
}

impl Default for ProjectLimits {
    /// Ten seconds, 512 MiB of memory, files of 64 MiB, a mebibyte of output, ten processes, and a
    /// hundred files left behind.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            cpu: Duration::from_secs(10),
            memory: 512 << 20,
            file: 64 << 20,
            output: 1 << 20,
            processes: 10,
            files: 100,
        }
    }
}

impl From<&ProjectLimits> for Limits {
    /// What a session's program is run with.
    fn from(limits: &ProjectLimits) -> Self {
        Self {
            wall: limits.time,
            processor: Some(limits.cpu),
            memory: Some(limits.memory),
            file_size: Some(limits.file),
            // Several files may fill it up to what one may have.
            directory: limits.file,
            processes: Some(limits.processes),
            output: limits.output,
            error_output: limits.output,
            ..Self::default()
        }
    }
}

impl ProjectFile {
    /// The most bytes of a project file.
    pub const MOST_BYTES: usize = 1 << 20;

    /// The largest seed of random numbers, which is the largest whole number of a project file.
    pub const MOST_SEED: u64 = i64::MAX as u64;

    /// What stands for the file with the input among the arguments.
    pub const INPUT: &'static str = "{input}";

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// An error says that the file cannot be read, or all that is wrong with it.
    pub fn read(file: &Path) -> Result<Self, ProjectFileError> {
        let unread = |cause| ProjectFileError::Unread { file: file.to_owned(), cause };
        let mut text = String::new();
        let opened = File::open(file).map_err(unread)?;
        opened.take(Self::MOST_BYTES as u64 + 1).read_to_string(&mut text).map_err(unread)?;
        Self::parse(&text, file)
    }

    /// Reads the text of a file, whose place is what paths in it begin at.
    ///
    /// # Errors
    ///
    /// An error says all that is wrong with the text.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ProjectFileError> {
        if text.len() > Self::MOST_BYTES {
            return Err(ProjectFileError::TooLarge { file: file.to_owned() });
        }
        let checked = check::check(text, file);
        checked.map_err(|faults| ProjectFileError::Wrong { file: file.to_owned(), faults })
    }

    /// Returns the arguments for an input in a file.
    #[must_use]
    pub fn arguments_for(&self, input: &str) -> Vec<String> {
        let arguments = self.arguments.iter();
        arguments.map(|argument| argument.replace(Self::INPUT, input)).collect()
    }

    /// Returns a scanner for the output of one session.
    #[must_use]
    pub fn scanner(&self) -> Scanner {
        let scanner = Scanner::new(self.patterns.clone());
        match self.line_limit {
            Some(lines) => scanner.with_line_limit(lines),
            None => scanner,
        }
    }
}
