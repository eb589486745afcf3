//! The source `disks`: how full the disks are.

use lyceum::prelude::*;
use sysinfo::DiskRefreshKind;

use super::reading::{Disk, Figures, Reading, SourceName};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// How many disks a reading has at most; those that are fullest count.
const MOST: usize = 16;

/// Reads how full the disks are.
pub(crate) struct Disks {
    sensor: Sensor<sysinfo::Disks>,
    latest: Reading,
}

#[agent(implements(Source))]
impl Disks {
    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.sensor.read(cx, fill).await;
        self.latest = Reading::new(SourceName::Disks, cx.utc(), figures);
        cx.publish("reading.disks", &self.latest).await;
    }
}

impl Source for Disks {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Disks {
    fn default() -> Self {
        let latest = Reading::none_yet(SourceName::Disks);
        Self { sensor: Sensor::new(sysinfo::Disks::new), latest }
    }
}

/// Returns how full the disks are that can fill up, the fullest first.
fn fill(machine: &mut sysinfo::Disks) -> Result<Figures, Missing> {
    machine.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
    let mut devices = Vec::new();
    let mut disks = Vec::new();
    for disk in machine.iter() {
        // A device can be mounted at many places; images that are read only are always full.
        let known = devices.contains(&disk.name());
        if known || disk.is_read_only() || disk.total_space() == 0 {
            continue;
        }
        devices.push(disk.name());
        disks.push(Disk {
            mount: disk.mount_point().display().to_string(),
            free_bytes: disk.available_space(),
            total_bytes: disk.total_space(),
        });
    }
    if disks.is_empty() {
        return Err(Missing::Nothing("disk that can be written to"));
    }
    disks.sort_by(|one, other| other.level().total_cmp(&one.level()));
    disks.truncate(MOST);
    Ok(Figures::Disks(disks))
}
