//! What is measured between two processes.

use clap::ValueEnum;
use lyceum_bench_figures::{self as figures, Goal, Metric, Target, Unit};

use crate::goals::GOALS;
use crate::targets::{ALL, Ends};

/// One measurement, the same for every target that takes part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Case {
    /// Calls one after the other
    Call,
    /// 64 callers at once
    #[value(name = "crowd_64")]
    Crowd,
    /// 1 MiB there and back
    Echo,
    /// Small calls while bodies of 100 MiB go there and back
    Ping,
    /// Calls one after the other on the wire of aiomas, with `MsgPack`
    AiomasCall,
    /// The same with a hundred in flight
    AiomasFlight,
    /// Sleepers of an external clock that wake up
    Clock,
    /// Memory for handles to different agents of one remote node
    Handles,
    /// How long calls take to end once their peer is killed
    Kill,
}

impl figures::Case for Case {
    type Way = Ends;

    const TARGETS: &'static [Target<Self>] = ALL;
    const GOALS: &'static [Goal] = GOALS;
    const BASELINE: &'static str = "lyceum_tcp";
    const RUNTIME: &'static str = "two processes";
    const ROUNDS: u32 = 5;

    fn metrics(self) -> &'static [Metric] {
        use Unit::{Bytes, Microseconds, Milliseconds, ThousandsPerSecond};
        match self {
            Self::Call => &[Metric("call_p50", Microseconds), Metric("call_p99", Microseconds)],
            Self::Crowd => &[Metric("crowd_64", ThousandsPerSecond)],
            Self::Echo => &[Metric("echo_1_mib", Milliseconds)],
            Self::Ping => &[
                Metric("ping_p50", Milliseconds),
                Metric("ping_p99", Milliseconds),
                Metric("echo_100_mib", Milliseconds),
            ],
            Self::AiomasCall => &[Metric("aiomas_call", ThousandsPerSecond)],
            Self::AiomasFlight => &[Metric("aiomas_flight_100", ThousandsPerSecond)],
            Self::Clock => &[Metric("clock_wake_ups", ThousandsPerSecond)],
            Self::Handles => &[Metric("handle", Bytes)],
            Self::Kill => &[Metric("killed", Milliseconds)],
        }
    }
}
