//! What became of a program.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How one run ended, and what it used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The status of the program's first process.
    pub ending: Ending,
    /// The limit that ended it, if one did.
    pub limit: Option<Limit>,
    /// Time from its start to its end.
    pub wall: Duration,
    /// Processor time in the program and in its children that it waited for.
    pub user: Duration,
    /// Processor time in the system on behalf of them.
    pub system: Duration,
    /// The most memory that one of them held, in bytes. Not below the few MiB of the keeper,
    /// from which the program was started.
    pub peak_memory: u64,
    /// What it wrote to its standard output; on a terminal, everything that it wrote.
    pub output: Output,
    /// What it wrote to its standard error.
    pub error_output: Output,
    /// The processes that were there when the first one ended.
    pub processes: Processes,
    /// Whether its directory was full when it ended. In the sandbox alone.
    pub directory_full: bool,
    /// Files in its directory that were not taken over: no plain files, or too many or too deep.
    pub files_left_out: u32,
}

impl Exit {
    /// Returns whether the program ended by itself with the code 0, within its limits.
    ///
    /// ```
    /// # use lyceum_campaign::process::{Ending, Exit};
    /// fn report(exit: &Exit) -> &'static str {
    ///     match exit.ending {
    ///         _ if exit.is_success() => "passed",
    ///         Ending::Signal { .. } => "crashed",
    ///         Ending::Code(_) => "rejected its input",
    ///     }
    /// }
    /// ```
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Code(0) && self.limit.is_none()
    }
}

/// The status that the system gives of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ending {
    /// It ended with this code.
    Code(i32),
    /// A signal ended it.
    Signal {
        /// The number of the signal: 6 is an abort, 9 a kill, 11 a segmentation fault.
        number: i32,
    },
}

/// A limit that ended a program.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// It took too long.
    Wall,
    /// It used too much processor time.
    Processor,
    /// It wrote a file that was too long.
    FileSize,
    /// Its directory had too much in it.
    Directory,
    /// It wrote too much to its standard output.
    Output,
    /// It wrote too much to its standard error.
    ErrorOutput,
    /// [`Keeper::stop`](crate::sandbox::Keeper::stop) was called.
    Stopped,
}

/// What is known of one of a program's streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Bytes that were kept.
    pub bytes: u64,
    /// Whether more came than was kept.
    pub cut: bool,
}

/// The processes that a program left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// How many there were, all of them killed: those that it forked and did not wait for.
    pub left: u32,
    /// Whether some may still run, which cannot be in the sandbox.
    pub escaped: bool,
}
