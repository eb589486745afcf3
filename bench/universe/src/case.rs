//! What is measured.

use clap::ValueEnum;
use lyceum_bench_figures::{self as figures, Goal, Metric, Target, Unit};

use crate::goals::GOALS;
use crate::targets::{ALL, Runs};

/// One measurement, the same for every target that takes part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Case {
    /// Steps of one agent that sends itself an event in each
    OwnEvent,
    /// Deliveries of one event in each step to 100 agents
    FanOut,
    /// What an agent costs in each step that lives and does nothing, and one that only listens
    Idle,
    /// Schelling's city: steps of 100,000 agents, and the memory of each
    Schelling,
    /// Schelling's city in one universe, and in two on a thread each
    SideBySide,
    /// Sessions of a campaign, of a program that runs ten milliseconds
    Campaign,
}

impl figures::Case for Case {
    type Way = Runs;

    const TARGETS: &'static [Target<Self>] = ALL;
    const GOALS: &'static [Goal] = GOALS;
    const BASELINE: &'static str = "lyceum";
    const RUNTIME: &'static str = "one process";
    const ROUNDS: u32 = 3;

    fn metrics(self) -> &'static [Metric] {
        use Unit::{Bytes, MillionsPerSecond, Milliseconds, Nanoseconds};
        match self {
            Self::OwnEvent => &[Metric("own_event_steps", MillionsPerSecond)],
            Self::FanOut => &[Metric("fan_out_100", MillionsPerSecond)],
            Self::Idle => &[Metric("idle_agent", Nanoseconds), Metric("listener", Nanoseconds)],
            Self::Schelling => &[
                Metric("schelling_step", Milliseconds),
                Metric("schelling_turns", MillionsPerSecond),
                Metric("schelling_memory", Bytes),
            ],
            Self::SideBySide => &[Metric("side_by_side_turns", MillionsPerSecond)],
            Self::Campaign => &[Metric("campaign_session", Milliseconds)],
        }
    }
}
