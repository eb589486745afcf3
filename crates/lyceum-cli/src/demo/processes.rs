//! The source `processes`: how many there are, and which are busiest.

use lyceum::prelude::*;
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, ProcessRefreshKind, ProcessesToUpdate, System};

use super::reading::{Figures, Process, ProcessList, Reading, SourceName, tenths};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// How many processes a reading names.
const BUSIEST: usize = 8;

/// Reads which processes are busiest.
pub(crate) struct Processes {
    sensor: Sensor<System>,
    latest: Reading,
}

#[agent(implements(Source))]
impl Processes {
    /// Looks for the first time: use is the difference between two looks.
    #[on_start]
    async fn first_look(&mut self, cx: &Context<Self>) {
        // A sensor that is missing will be reported with the first reading.
        let _ = self.sensor.read(cx, busiest).await;
        cx.sleep(MINIMUM_CPU_UPDATE_INTERVAL).await;
    }

    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.sensor.read(cx, busiest).await;
        self.latest = Reading::new(SourceName::Processes, cx.utc(), figures);
        cx.publish("reading.processes", &self.latest).await;
    }
}

impl Source for Processes {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Processes {
    fn default() -> Self {
        let latest = Reading::none_yet(SourceName::Processes);
        Self { sensor: Sensor::new(System::new), latest }
    }
}

/// Returns how many processes there are, and the busiest of them.
fn busiest(system: &mut System) -> Result<Figures, Missing> {
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut processes: Vec<_> = system.processes().values().collect();
    let count = processes.len();
    if count == 0 {
        return Err(Missing::Nothing("processes"));
    }
    processes.sort_by(|one, other| {
        let by_use = other.cpu_usage().total_cmp(&one.cpu_usage());
        by_use.then_with(|| other.memory().cmp(&one.memory()))
    });
    let busiest = processes.into_iter().take(BUSIEST).map(|process| Process {
        id: process.pid().as_u32(),
        name: process.name().to_string_lossy().into_owned(),
        percent: tenths(process.cpu_usage().into()),
        memory_bytes: process.memory(),
    });
    Ok(Figures::Processes(ProcessList { count, busiest: busiest.collect() }))
}
