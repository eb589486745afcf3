//! What is measured, where, and in which unit.

use std::fmt;

use clap::ValueEnum;
pub use lyceum_bench_figures::{Metric, Unit};
use serde::{Deserialize, Serialize};

/// One measurement, the same for every target.
///
/// The order is that of a run: asks come before tells, because a long backlog leaves some
/// targets with a scattered heap, which would slow the asks that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Case {
    /// Sequential asks to one idle actor, from a task
    AskIdle,
    /// The same from the `block_on` future, as under `#[tokio::main]`
    AskMain,
    /// A hundred tasks asking one actor
    #[value(name = "ask_100")]
    Ask100,
    /// An ask whose handler asks another actor
    Suspend,
    /// The same from the `block_on` future
    SuspendMain,
    /// A thousand actors pass a token
    Ring,
    /// Two workers asking one actor
    TwoThreads,
    /// Tells to one actor, then drained
    #[value(name = "tell_1")]
    Tell1,
    /// Tells round-robin over a hundred actors, then drained
    #[value(name = "tell_100")]
    Tell100,
    /// Two actors with 1 ms of computing each, asked together
    ComputePair,
    /// Launching actors, start handshake included
    Launch,
    /// Resident memory of an idle actor with one `u64` of state
    Memory,
    /// A million actors: launch, tell each, stop
    Million,
    /// A million pending timers, all fired
    Timers,
}

impl Case {
    /// Returns the figures that one run of this case yields, in this order.
    pub const fn metrics(self) -> &'static [Metric] {
        use Unit::{Bytes, Gigabytes, MillionsPerSecond, Milliseconds, Nanoseconds, Seconds};
        match self {
            Self::AskIdle => &[Metric("ask_idle", Nanoseconds)],
            Self::AskMain => &[Metric("ask_main", Nanoseconds)],
            Self::Ask100 => &[Metric("ask_100", Nanoseconds)],
            Self::Suspend => &[Metric("suspend", Nanoseconds)],
            Self::SuspendMain => &[Metric("suspend_main", Nanoseconds)],
            Self::Ring => &[Metric("ring", Nanoseconds)],
            Self::TwoThreads => &[Metric("two_threads", Nanoseconds)],
            Self::Tell1 => &[Metric("tell_1", Nanoseconds)],
            Self::Tell100 => &[Metric("tell_100", Nanoseconds)],
            Self::ComputePair => {
                &[Metric("compute_pair", Milliseconds), Metric("compute_pair_next", Milliseconds)]
            }
            Self::Launch => &[Metric("launch", Nanoseconds)],
            Self::Memory => &[Metric("memory", Bytes)],
            Self::Million => &[
                Metric("million_launch", Seconds),
                Metric("million_tell", Seconds),
                Metric("million_stop", Seconds),
                Metric("million_idle", Gigabytes),
                Metric("million_peak", Gigabytes),
            ],
            Self::Timers => &[Metric("timers", MillionsPerSecond)],
        }
    }

    /// Returns where this case makes sense.
    pub const fn places(self) -> &'static [Place] {
        match self {
            Self::AskMain | Self::SuspendMain => &[Place::Main],
            Self::TwoThreads | Self::ComputePair => &[Place::MultiThread],
            Self::Memory | Self::Timers => &[Place::CurrentThread],
            _ => &[Place::CurrentThread, Place::MultiThread],
        }
    }

    /// Returns whether each run needs a process of its own: where memory is measured or left
    /// behind in bulk, or where an earlier run could have taught the target something.
    pub const fn is_isolated(self) -> bool {
        matches!(
            self,
            Self::ComputePair | Self::Launch | Self::Memory | Self::Million | Self::Timers
        )
    }

    /// Returns how many rounds count when the user asks for `asked`.
    pub fn rounds(self, asked: u32) -> u32 {
        match self {
            // The scheduler decides these anew in each run: a median needs more of them.
            Self::TwoThreads | Self::ComputePair => asked.max(9),
            // Seconds each, and steady.
            Self::Million => asked.min(3),
            _ => asked,
        }
    }
}

/// Where the code that drives a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// A task of a current-thread runtime
    CurrentThread,
    /// A task of a multi-thread runtime with two workers
    MultiThread,
    /// The `block_on` future of a multi-thread runtime with two workers
    Main,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CurrentThread => "current-thread",
            Self::MultiThread => "multi-thread",
            Self::Main => "main",
        })
    }
}

/// The figures of one run, one for each of the case's metrics.
pub type Measured = Result<Vec<f64>, NotRun>;

/// Why a target has no figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum NotRun {
    /// The framework keeps all its actors on one thread.
    OneThread,
    /// The framework has nothing that would correspond.
    NoCounterpart,
    /// Left out unless `--large` is given.
    NeedsMemory { gigabytes: u32 },
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneThread => f.write_str("all actors share one thread"),
            Self::NoCounterpart => f.write_str("nothing that corresponds"),
            Self::NeedsMemory { gigabytes } => write!(f, "needs about {gigabytes} GB (--large)"),
        }
    }
}
