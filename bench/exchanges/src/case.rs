//! What is measured.

use clap::ValueEnum;
use lyceum_bench_figures::{self as figures, Goal, Metric, Target, Unit};

use crate::goals::GOALS;
use crate::targets::{ALL, Way};

/// One measurement, the same for every target that takes part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Case {
    /// Python's calls one after the other, by its HTTP exchange
    PythonCall,
    /// 64 of Python's callers at once, and what they cost the server
    PythonCrowd,
    /// Calls one after the other, by a server of mailboxes
    ServerCall,
    /// 64 callers at once, by a server of mailboxes
    ServerCrowd,
    /// Durable calls one after the other; each is two messages on disk
    DurableCall,
    /// 64 durable callers at once
    DurableCrowd,
    /// Calls one after the other, by Redis
    RedisCall,
    /// 64 callers at once, by Redis
    RedisCrowd,
    /// Calls one after the other, directly, with Redis as a directory
    HybridCall,
    /// 64 callers at once, directly, with Redis as a directory
    HybridCrowd,
    /// 1 MiB there and back, directly, with Redis as a directory
    HybridEcho,
    /// A thousand agents in one process, until all are ready
    LaunchNode,
    /// Agents that have a process each, until all are ready
    LaunchProcesses,
}

/// What is done with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Work {
    Call,
    Crowd,
    Echo,
    DurableCall,
    DurableCrowd,
}

impl figures::Case for Case {
    type Way = Way;

    const TARGETS: &'static [Target<Self>] = ALL;
    const GOALS: &'static [Goal] = GOALS;
    const BASELINE: &'static str = "lyceum";
    const RUNTIME: &'static str = "three processes";
    const ROUNDS: u32 = 3;

    fn metrics(self) -> &'static [Metric] {
        use Unit::{Microseconds, Milliseconds, ThousandsPerSecond};
        match self {
            Self::PythonCall => &[Metric("python_call_p50", Microseconds)],
            Self::PythonCrowd => &[
                Metric("python_crowd_64", ThousandsPerSecond),
                Metric("python_server_cpu", Microseconds),
            ],
            Self::ServerCall => &[Metric("server_call_p50", Microseconds)],
            Self::ServerCrowd => {
                &[Metric("server_crowd_64", ThousandsPerSecond), Metric("server_cpu", Microseconds)]
            }
            Self::DurableCall => &[Metric("durable_puts", ThousandsPerSecond)],
            Self::DurableCrowd => &[Metric("durable_puts_64", ThousandsPerSecond)],
            Self::RedisCall => &[Metric("redis_call_p50", Microseconds)],
            Self::RedisCrowd => &[Metric("redis_crowd_64", ThousandsPerSecond)],
            Self::HybridCall => &[Metric("hybrid_call_p50", Microseconds)],
            Self::HybridCrowd => &[Metric("hybrid_crowd_64", ThousandsPerSecond)],
            Self::HybridEcho => &[Metric("hybrid_echo_1_mib", Milliseconds)],
            Self::LaunchNode => &[Metric("launch_node", ThousandsPerSecond)],
            Self::LaunchProcesses => &[Metric("launch_processes", ThousandsPerSecond)],
        }
    }
}

impl Case {
    /// Returns what a user does with the agent; none if there is no such user.
    pub const fn work(self) -> Option<Work> {
        match self {
            Self::PythonCall | Self::ServerCall | Self::RedisCall | Self::HybridCall => {
                Some(Work::Call)
            }
            Self::PythonCrowd | Self::ServerCrowd | Self::RedisCrowd | Self::HybridCrowd => {
                Some(Work::Crowd)
            }
            Self::HybridEcho => Some(Work::Echo),
            Self::DurableCall => Some(Work::DurableCall),
            Self::DurableCrowd => Some(Work::DurableCrowd),
            Self::LaunchNode | Self::LaunchProcesses => None,
        }
    }

    /// Returns whether what it costs the server is its last figure.
    pub const fn counts_the_server(self) -> bool {
        matches!(self, Self::PythonCrowd | Self::ServerCrowd)
    }
}
