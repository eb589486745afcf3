//! A program and everything that one run of it needs.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::process::Limits;

/// One run of a program: what is started, where, with what, and under which limits.
///
/// Its environment is empty but for what it is given, and its standard input is, too. What it
/// writes goes to the files `stdout` and `stderr` in its directory, unless other paths are named.
///
/// ```
/// use lyceum_campaign::process::{Input, Limits, Program};
///
/// let directory = std::env::temp_dir();
/// let program = Program::new("/usr/bin/sort", directory)
///     .argument("-r")
///     .environment("LC_ALL", "C")
///     .input(Input::Bytes(b"a\nb\n".to_vec()))
///     .limits(Limits { memory: Some(64 << 20), ..Limits::default() });
/// # let _ = program;
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) directory: PathBuf,
    pub(crate) input: Input,
    pub(crate) output: Option<PathBuf>,
    pub(crate) error_output: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) overflow: Overflow,
    pub(crate) terminal: Option<TerminalSize>,
}

impl Program {
    /// Describes a run of the program at `path`, in a directory that exists.
    ///
    /// A relative path is seen from the caller's working directory. The search path is not asked.
    pub fn new(path: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: directory.into(),
            input: Input::Nothing,
            output: None,
            error_output: None,
            limits: Limits::default(),
            overflow: Overflow::End,
            terminal: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds a variable to its environment, which is sorted by name.
    #[must_use]
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds the caller's whole environment as it is now.
    #[must_use]
    pub fn inherit_environment(mut self) -> Self {
        self.environment.extend(std::env::vars_os());
        self
    }

    /// Says what it reads from its standard input.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// Names the file for its standard output, instead of `stdout` in its directory.
    #[must_use]
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Some(path.into());
        self
    }

    /// Names the file for its standard error, instead of `stderr` in its directory.
    #[must_use]
    pub fn error_output(mut self, path: impl Into<PathBuf>) -> Self {
        self.error_output = Some(path.into());
        self
    }

    /// Sets what it may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says what happens when it writes more than is kept.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Gives it a terminal for its three streams.
    ///
    /// It leads a session of its own and the terminal controls it. Its input is typed, then the
    /// end of the file (Control-D) is; both its outputs are in the file of its standard output. A
    /// program that cannot be executed ends with code 127, as in a shell.
    #[must_use]
    pub fn terminal(mut self, size: TerminalSize) -> Self {
        self.terminal = Some(size);
        self
    }

    /// Returns where its standard output goes.
    pub fn output_path(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| self.directory.join("stdout"))
    }

    /// Returns where its standard error goes.
    pub fn error_output_path(&self) -> PathBuf {
        self.error_output.clone().unwrap_or_else(|| self.directory.join("stderr"))
    }
}

/// What a program reads from its standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing: the end comes at once.
    Nothing,
    /// These bytes.
    Bytes(Vec<u8>),
    /// The bytes of this file.
    File(PathBuf),
}

/// What happens to a program that writes more than is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overflow {
    /// It is ended.
    End,
    /// It goes on, and what it writes is thrown away.
    Discard,
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Lines of text.
    pub rows: u16,
    /// Letters in a line.
    pub columns: u16,
}

impl Default for TerminalSize {
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}
