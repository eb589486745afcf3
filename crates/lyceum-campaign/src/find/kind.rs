//! In which way a program failed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// In which way a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindKind {
    /// A signal ended it.
    Signal(i32),
    /// It ended with an exit code that says so.
    ExitCode(i32),
    /// It ran longer than it may.
    Timeout,
    /// It used more time of a processor than it may.
    CpuTime,
    /// It asked for more memory than it may have.
    Memory,
    /// It wrote more than it may.
    OutputLimit,
    /// It printed what a pattern looks for.
    Pattern,
}

/// The names of Linux's signals, from 1 on.
const SIGNALS: [&str; 31] = [
    "sighup",
    "sigint",
    "sigquit",
    "sigill",
    "sigtrap",
    "sigabrt",
    "sigbus",
    "sigfpe",
    "sigkill",
    "sigusr1",
    "sigsegv",
    "sigusr2",
    "sigpipe",
    "sigalrm",
    "sigterm",
    "sigstkflt",
    "sigchld",
    "sigcont",
    "sigstop",
    "sigtstp",
    "sigttin",
    "sigttou",
    "sigurg",
    "sigxcpu",
    "sigxfsz",
    "sigvtalrm",
    "sigprof",
    "sigwinch",
    "sigio",
    "sigpwr",
    "sigsys",
];

impl fmt::Display for FindKind {
    /// Writes one word, which fits the name of a directory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(number) => {
                let place = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
                match place.and_then(|place| SIGNALS.get(place)) {
                    Some(name) => f.write_str(name),
                    None => write!(f, "signal{number}"),
                }
            }
            Self::ExitCode(code) => write!(f, "exitcode{code}"),
            Self::Timeout => f.write_str("timeout"),
            Self::CpuTime => f.write_str("cpu_time"),
            Self::Memory => f.write_str("memory"),
            Self::OutputLimit => f.write_str("output_limit"),
            Self::Pattern => f.write_str("pattern"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_one_word() {
        let word = |kind: FindKind| kind.to_string();

        assert_eq!(word(FindKind::Signal(11)), "sigsegv");
        assert_eq!(word(FindKind::Signal(31)), "sigsys");
        assert_eq!(word(FindKind::Signal(34)), "signal34");
        assert_eq!(word(FindKind::Signal(0)), "signal0");
        assert_eq!(word(FindKind::Signal(-3)), "signal-3");
        assert_eq!(word(FindKind::ExitCode(3)), "exitcode3");
    }
}
