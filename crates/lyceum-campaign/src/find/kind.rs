//! In which way a program failed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::process::{Ending, Exit, Limit};

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
    /// It printed more than it may.
    OutputLimit,
    /// It printed more lines than it should.
    LineLimit,
    /// It wrote more to its files than it may.
    DiskLimit,
    /// It left processes behind.
    LeftProcesses,
    /// It left more files behind than it may.
    LeftFiles,
    /// It printed what a pattern looks for.
    Pattern,
    /// The session's agents together think that something is wrong, and no pattern matched.
    Opinion,
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

/// The signals by which the system ends programs at limits of its own.
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

impl FindKind {
    /// Returns in which way a program failed, if it did; some exit codes are no failure.
    ///
    /// What ended it says more than what it left behind. Memory is no limit that ends a program: it
    /// is refused, and what comes of that is a signal or an exit code.
    #[must_use]
    pub fn of(exit: &Exit, accepted_codes: &[u8]) -> Option<Self> {
        match exit.limit {
            Some(Limit::Wall) => return Some(Self::Timeout),
            Some(Limit::Processor) => return Some(Self::CpuTime),
            Some(Limit::Output | Limit::ErrorOutput) => return Some(Self::OutputLimit),
            Some(Limit::FileSize | Limit::Directory) => return Some(Self::DiskLimit),
            // The campaign itself ended it.
            Some(Limit::Stopped) => return None,
            None => {}
        }
        match exit.ending {
            Ending::Signal { number: SIGXCPU } => Some(Self::CpuTime),
            Ending::Signal { number: SIGXFSZ } => Some(Self::DiskLimit),
            Ending::Signal { number } => Some(Self::Signal(number)),
            Ending::Code(code) if !accepted_codes.iter().any(|known| i32::from(*known) == code) => {
                Some(Self::ExitCode(code))
            }
            Ending::Code(_) if exit.directory_full => Some(Self::DiskLimit),
            Ending::Code(_) if exit.processes.left > 0 => Some(Self::LeftProcesses),
            Ending::Code(_) => None,
        }
    }

    /// Returns whether a program failed by what it used or left, and not by what it did.
    pub(super) fn is_by_use(self) -> bool {
        match self {
            Self::Timeout | Self::CpuTime | Self::OutputLimit | Self::LineLimit => true,
            Self::DiskLimit | Self::LeftProcesses | Self::LeftFiles => true,
            Self::Signal(_) | Self::ExitCode(_) | Self::Memory => false,
            Self::Pattern | Self::Opinion => false,
        }
    }
}

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
            Self::LineLimit => f.write_str("line_limit"),
            Self::DiskLimit => f.write_str("disk_limit"),
            Self::LeftProcesses => f.write_str("left_processes"),
            Self::LeftFiles => f.write_str("left_files"),
            Self::Pattern => f.write_str("pattern"),
            Self::Opinion => f.write_str("opinion"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::{Output, Processes};

    /// How a program ended that used nothing.
    fn exit(ending: Ending, limit: Option<Limit>) -> Exit {
        Exit {
            ending,
            limit,
            wall: Duration::ZERO,
            user: Duration::ZERO,
            system: Duration::ZERO,
            peak_memory: 0,
            output: Output::default(),
            error_output: Output::default(),
            processes: Processes::default(),
            directory_full: false,
            files_left_out: 0,
        }
    }

    #[test]
    fn what_ended_a_program_is_its_kind() {
        let kind = |ending, limit| FindKind::of(&exit(ending, limit), &[0, 3]);
        let killed = Ending::Signal { number: 9 };

        assert_eq!(kind(Ending::Code(0), None), None);
        assert_eq!(kind(Ending::Code(3), None), None);
        assert_eq!(kind(Ending::Code(259), None), Some(FindKind::ExitCode(259)));
        assert_eq!(kind(killed, None), Some(FindKind::Signal(9)));
        assert_eq!(kind(killed, Some(Limit::Wall)), Some(FindKind::Timeout));
        assert_eq!(kind(killed, Some(Limit::ErrorOutput)), Some(FindKind::OutputLimit));
        assert_eq!(kind(killed, Some(Limit::Stopped)), None);
        assert_eq!(kind(Ending::Signal { number: 24 }, None), Some(FindKind::CpuTime));
        assert_eq!(kind(Ending::Signal { number: 25 }, None), Some(FindKind::DiskLimit));
    }

    #[test]
    fn what_a_program_left_behind_is_a_find() {
        let left = Processes { left: 1, escaped: false };
        let passed = exit(Ending::Code(0), None);
        let detached = Exit { processes: left, ..passed.clone() };
        assert_eq!(FindKind::of(&detached, &[0]), Some(FindKind::LeftProcesses));
        let full = Exit { directory_full: true, ..detached };
        assert_eq!(FindKind::of(&full, &[0]), Some(FindKind::DiskLimit));
        assert_eq!(FindKind::of(&full, &[1]), Some(FindKind::ExitCode(0)));
    }

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
