//! What a keeper's methods fail with.

use std::io;
use std::path::PathBuf;

use crate::sandbox::Step;

/// Why there is no keeper.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The machine refuses a part of the sandbox.
    #[error(
        "the sandbox needs {step}, which this machine refuses: allow it (unprivileged user \
         namespaces in the system's settings, `unshare` and `mount` in those of a container), or \
         say `Sandbox::Off` to run programs that are not shut off"
    )]
    Missing {
        /// What is missing.
        step: Step,
        /// The system's reason.
        source: io::Error,
    },
    /// A keeper without a sandbox could not get ready.
    #[error("the keeper failed at {step}")]
    Failed {
        /// What failed.
        step: Step,
        /// The system's reason.
        source: io::Error,
    },
    /// The program that becomes the keeper could not be started.
    #[error("cannot start `{}` as a keeper", path.display())]
    Stub {
        /// The program.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The program that was to become the keeper did not.
    #[error("`{}` is no keeper: call `main_if_stub` first in its `main`", path.display())]
    NoStub {
        /// The program.
        path: PathBuf,
    },
    /// This process was itself started to be a keeper.
    #[error("this program was started as a keeper: call `main_if_stub` first in its `main`")]
    Nested,
}

/// Why a program was not started.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keeper runs another one.
    #[error("the keeper runs another program")]
    Busy,
    /// There is no such program, or it may not be executed.
    #[error("cannot run `{}`", path.display())]
    Program {
        /// The program.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Its directory cannot be opened.
    #[error("cannot open the directory `{}`", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Its input cannot be prepared.
    #[error("cannot prepare the input")]
    Input {
        /// The system's reason.
        source: io::Error,
    },
    /// A file for its output cannot be made.
    #[error("cannot make `{}` for the output", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Arguments and environment are longer than any program can be given.
    #[error("{bytes} bytes of arguments and environment, the limit is {limit}")]
    TooLong {
        /// How long they are, written out.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The keeper is gone.
    #[error("the keeper is gone")]
    Lost {
        /// The system's reason.
        source: io::Error,
    },
}

/// Why a program has no end.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// None was started.
    #[error("no program was started")]
    Idle,
    /// The keeper could not start it. It is ready for another one.
    #[error("the program was not run: {step} failed")]
    Refused {
        /// What failed.
        step: Step,
        /// The system's reason.
        source: io::Error,
    },
    /// The keeper is gone, and with it everything that it ran.
    #[error("the keeper is gone")]
    Lost {
        /// The system's reason.
        source: io::Error,
    },
}
