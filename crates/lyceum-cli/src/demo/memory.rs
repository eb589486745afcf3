//! The source `memory`: memory and swap.

use lyceum::prelude::*;
use sysinfo::System;

use super::reading::{Figures, MemoryUse, Reading, SourceName};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// Reads how full memory and swap are.
pub(crate) struct Memory {
    sensor: Sensor<System>,
    latest: Reading,
}

#[agent(implements(Source))]
impl Memory {
    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.sensor.read(cx, fill).await;
        self.latest = Reading::new(SourceName::Memory, cx.utc(), figures);
        cx.publish("reading.memory", &self.latest).await;
    }
}

impl Source for Memory {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { sensor: Sensor::new(System::new), latest: Reading::none_yet(SourceName::Memory) }
    }
}

/// Returns how full memory and swap are.
fn fill(system: &mut System) -> Result<Figures, Missing> {
    system.refresh_memory();
    if system.total_memory() == 0 {
        return Err(Missing::Nothing("memory"));
    }
    Ok(Figures::Memory(MemoryUse {
        used_bytes: system.used_memory(),
        total_bytes: system.total_memory(),
        swap_used_bytes: system.used_swap(),
        swap_total_bytes: system.total_swap(),
    }))
}
