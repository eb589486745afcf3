//! What went wrong in a keeper, as it tells its master.

use std::fmt;
use std::io;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// One step on the way to a running program.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A namespace in which the caller may do what follows.
    UserNamespace,
    /// The caller's own user and group in that namespace.
    Identity,
    /// Namespaces of mounts, processes, network, messages between processes, and host name.
    Namespaces,
    /// The first process of the new namespace.
    FirstProcess,
    /// Giving up every privilege for the programs to come.
    Privileges,
    /// Mounts that the rest of the machine does not see.
    PrivateMounts,
    /// A `/tmp` of its own.
    PrivateTmp,
    /// A `/dev` with harmless devices only.
    Devices,
    /// A `/proc` that shows its own processes only.
    ProcessTable,
    /// Everything else read-only.
    ReadOnly,
    /// Reading the order for a program.
    Order,
    /// The directory of the program.
    Directory,
    /// A terminal for the program.
    Terminal,
    /// The limits of the program.
    Limits,
    /// A limit on memory that leaves room to start anything at all.
    MemoryLimit,
    /// Starting the program.
    Start,
    /// Watching the program.
    Watch,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserNamespace => "a user namespace",
            Self::Identity => "its own user in a user namespace",
            Self::Namespaces => "namespaces of mounts, processes, network, ipc and host name",
            Self::FirstProcess => "a first process in a new namespace",
            Self::Privileges => "giving up privileges",
            Self::PrivateMounts => "private mounts",
            Self::PrivateTmp => "a private /tmp",
            Self::Devices => "a /dev of its own",
            Self::ProcessTable => "a /proc of its own",
            Self::ReadOnly => "a read-only file system",
            Self::Order => "reading the order",
            Self::Directory => "preparing its directory",
            Self::Terminal => "a terminal",
            Self::Limits => "setting its limits",
            Self::MemoryLimit => "a memory limit with room for starting a program",
            Self::Start => "starting it",
            Self::Watch => "watching it",
        })
    }
}

/// A step that failed, and the system's reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) step: Step,
    pub(crate) errno: i32,
}

impl Fault {
    pub(crate) fn source(self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

/// Says at which step an error came up.
pub(crate) trait AtStep<T> {
    fn at(self, step: Step) -> Result<T, Fault>;
}

impl<T> AtStep<T> for io::Result<T> {
    fn at(self, step: Step) -> Result<T, Fault> {
        // An error without a number is the standard library's own opinion of an argument.
        let invalid = Errno::INVAL.raw_os_error();
        self.map_err(|error| Fault { step, errno: error.raw_os_error().unwrap_or(invalid) })
    }
}

impl<T> AtStep<T> for rustix::io::Result<T> {
    fn at(self, step: Step) -> Result<T, Fault> {
        self.map_err(|errno| Fault { step, errno: errno.raw_os_error() })
    }
}
