//! The source `cpu`: how busy the processor is, core by core.

use lyceum::prelude::*;
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, System};

use super::reading::{CpuUse, Figures, Reading, SourceName, tenths};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// Reads how busy each core is.
pub(crate) struct Cpu {
    sensor: Sensor<System>,
    latest: Reading,
}

#[agent(implements(Source))]
impl Cpu {
    /// Looks for the first time: use is the difference between two looks.
    #[on_start]
    async fn first_look(&mut self, cx: &Context<Self>) {
        // A sensor that is missing will be reported with the first reading.
        let _ = self.sensor.read(cx, cores).await;
        cx.sleep(MINIMUM_CPU_UPDATE_INTERVAL).await;
    }

    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.sensor.read(cx, cores).await;
        self.latest = Reading::new(SourceName::Cpu, cx.utc(), figures);
        cx.publish("reading.cpu", &self.latest).await;
    }
}

impl Source for Cpu {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self { sensor: Sensor::new(System::new), latest: Reading::none_yet(SourceName::Cpu) }
    }
}

/// Returns how busy each core was since the last look.
fn cores(system: &mut System) -> Result<Figures, Missing> {
    system.refresh_cpu_usage();
    let cores: Vec<_> = system.cpus().iter().map(|core| tenths(core.usage().into())).collect();
    if cores.is_empty() {
        return Err(Missing::Nothing("processor"));
    }
    Ok(Figures::Cpu(CpuUse { percent: tenths(system.global_cpu_usage().into()), cores }))
}
