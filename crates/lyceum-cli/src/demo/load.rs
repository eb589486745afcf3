//! The source `load`: how many processes want to run.

use lyceum::prelude::*;
use sysinfo::{CpuRefreshKind, System};

use super::reading::{Figures, LoadAverage, Reading, SourceName};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// Reads how many processes want to run.
pub(crate) struct Load {
    sensor: Sensor<System>,
    latest: Reading,
}

#[agent(implements(Source))]
impl Load {
    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.sensor.read(cx, averages).await;
        self.latest = Reading::new(SourceName::Load, cx.utc(), figures);
        cx.publish("reading.load", &self.latest).await;
    }
}

impl Source for Load {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Load {
    fn default() -> Self {
        let open = || {
            let mut system = System::new()?;
            system.refresh_cpu_list(CpuRefreshKind::nothing());
            Ok(system)
        };
        Self { sensor: Sensor::new(open), latest: Reading::none_yet(SourceName::Load) }
    }
}

/// Returns the averages, and how many cores there are to run on.
fn averages(system: &mut System) -> Result<Figures, Missing> {
    let load = System::load_average()?;
    let cores = system.cpus().len();
    let sysinfo::LoadAvg { one, five, fifteen } = load;
    Ok(Figures::Load(LoadAverage { one, five, fifteen, cores }))
}
