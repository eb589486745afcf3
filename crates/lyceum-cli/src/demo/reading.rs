//! Readings: what sources publish on `reading.<source>`.

use std::fmt;

use jiff::Timestamp;
use lyceum::full_text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sensor::Missing;

/// What one source read at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Reading {
    pub(crate) source: SourceName,
    pub(crate) at: Timestamp,
    pub(crate) figures: Figures,
}

/// The parts of a machine that are watched, in the order in which they are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceName {
    Cpu,
    Memory,
    Disks,
    Load,
    Network,
    Processes,
}

/// What a source found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figures {
    Cpu(CpuUse),
    Memory(MemoryUse),
    Disks(Vec<Disk>),
    Load(LoadAverage),
    Network(Vec<Interface>),
    Processes(ProcessList),
    /// The machine has no such sensor, or it does not answer: why.
    NotAvailable(String),
}

/// How busy the processor is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CpuUse {
    /// All cores together.
    pub(crate) percent: f64,
    /// Core by core, each in percent.
    pub(crate) cores: Vec<f64>,
}

/// How full memory and swap are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MemoryUse {
    pub(crate) used_bytes: u64,
    pub(crate) total_bytes: u64,
    pub(crate) swap_used_bytes: u64,
    pub(crate) swap_total_bytes: u64,
}

/// One disk that can be written to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Disk {
    pub(crate) mount: String,
    pub(crate) free_bytes: u64,
    pub(crate) total_bytes: u64,
}

/// How many processes want to run, on the average of 1, 5 and 15 minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LoadAverage {
    pub(crate) one: f64,
    pub(crate) five: f64,
    pub(crate) fifteen: f64,
    pub(crate) cores: usize,
}

/// What goes through one network interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) received_bytes_per_second: f64,
    pub(crate) sent_bytes_per_second: f64,
}

/// How many processes there are, and the busiest of them, busiest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ProcessList {
    pub(crate) count: usize,
    pub(crate) busiest: Vec<Process>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) name: String,
    /// Of one core.
    pub(crate) percent: f64,
    pub(crate) memory_bytes: u64,
}

impl Reading {
    /// Makes a reading; a missing sensor is one, too.
    pub(crate) fn new(
        source: SourceName,
        at: Timestamp,
        figures: Result<Figures, Missing>,
    ) -> Self {
        let figures = figures.unwrap_or_else(|error| Figures::NotAvailable(full_text(&error)));
        Self { source, at, figures }
    }

    /// Makes what a source has to say before its first look.
    pub(crate) fn none_yet(source: SourceName) -> Self {
        Self::new(source, Timestamp::UNIX_EPOCH, Err(Missing::NotYet))
    }

    /// Returns how far the source is used, in percent, where there is a most.
    pub(crate) fn level(&self) -> Option<f64> {
        self.figures.level()
    }

    /// Returns whether the source has looked at all.
    pub(crate) fn is_taken(&self) -> bool {
        self.at != Timestamp::UNIX_EPOCH
    }
}

impl Figures {
    fn level(&self) -> Option<f64> {
        match self {
            Self::Cpu(cpu) => Some(cpu.percent),
            Self::Memory(memory) => Some(share(memory.used_bytes, memory.total_bytes)),
            Self::Disks(disks) => disks.iter().map(Disk::level).max_by(f64::total_cmp),
            // One process for each core is all that can run.
            Self::Load(load) => Some(tenths(load.one * 100.0 / load.cores.max(1) as f64)),
            Self::Network(_) | Self::Processes(_) | Self::NotAvailable(_) => None,
        }
    }
}

impl Disk {
    /// Returns how much of it cannot be written to any more, in percent.
    pub(crate) fn level(&self) -> f64 {
        share(self.total_bytes.saturating_sub(self.free_bytes), self.total_bytes)
    }
}

impl SourceName {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 6] =
        [Self::Cpu, Self::Memory, Self::Disks, Self::Load, Self::Network, Self::Processes];

    /// Returns the name as it stands in topics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disks => "disks",
            Self::Load => "load",
            Self::Network => "network",
            Self::Processes => "processes",
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Returns a number with one digit after the point; zero for what is none.
pub(crate) fn tenths(number: f64) -> f64 {
    if number.is_finite() { (number * 10.0).round() / 10.0 } else { 0.0 }
}

fn share(part: u64, whole: u64) -> f64 {
    tenths(part as f64 * 100.0 / whole as f64)
}
