//! How much a program may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a program may use before it is ended, in one run.
///
/// Fields are public: take [`Limits::default`] and change what matters.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum_campaign::process::Limits;
///
/// let limits = Limits { wall: Duration::from_secs(2), ..Limits::default() };
///
/// assert_eq!(limits.memory, Some(512 << 20));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How long it may take from its start; 10 s. Then everything that it started is killed, too.
    pub wall: Duration,
    /// How much processor time each of its processes may use; none. Counted in whole seconds by
    /// the system, so it is rounded up, to one at least.
    pub processor: Option<Duration>,
    /// Bytes of address space for each process; 512 MiB. A program that asks for more is refused
    /// by the system. Programs that reserve much and use little (sanitizers, some garbage
    /// collectors) need `None`.
    pub memory: Option<u64>,
    /// Bytes in any one file that it writes; 64 MiB.
    pub file_size: Option<u64>,
    /// Bytes in its directory, all files together; 64 MiB. In the sandbox the disk is full then.
    /// Without one the program is ended when it was seen to have more.
    pub directory: u64,
    /// Processes and threads at the same time; 32. In the sandbox alone. The system does not hold
    /// the superuser to it, who can have 300 more, and before Linux 6.14 as many as he wants.
    pub processes: Option<u32>,
    /// Files that one process may have open; as many as the caller may.
    pub open_files: Option<u64>,
    /// Bytes that are kept of its standard output; 8 MiB.
    pub output: u64,
    /// Bytes that are kept of its standard error; 8 MiB.
    pub error_output: u64,
    /// How much the program yields to others, 0 to 19; 5. It yields no less than who starts it.
    pub niceness: u8,
    /// How long a program that is asked to stop has before it is killed; 200 ms.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(10),
            processor: None,
            memory: Some(512 << 20),
            file_size: Some(64 << 20),
            directory: 64 << 20,
            processes: Some(32),
            open_files: None,
            output: 8 << 20,
            error_output: 8 << 20,
            niceness: 5,
            grace: Duration::from_millis(200),
        }
    }
}
