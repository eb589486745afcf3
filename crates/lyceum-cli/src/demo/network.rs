//! The source `network`: what goes in and out.

use lyceum::Time;
use lyceum::prelude::*;
use sysinfo::{InterfaceOperationalState, NetworkData, Networks};

use super::reading::{Figures, Interface, Reading, SourceName};
use super::sensor::{Missing, Sensor};
use super::source::Source;

/// How many interfaces a reading has at most; those that are busiest count.
const MOST: usize = 16;

/// How long the first look and the second are apart.
const FIRST: Duration = Duration::from_millis(200);

/// What the interface that leads nowhere is called, on Linux and elsewhere.
const LOOPBACKS: &[&str] = &["lo", "lo0"];

/// Reads what goes through the network interfaces.
pub(crate) struct Network {
    sensor: Sensor<Networks>,
    looked: Time,
    latest: Reading,
}

#[agent(implements(Source))]
impl Network {
    /// Looks for the first time: traffic is the difference between two looks.
    #[on_start]
    async fn first_look(&mut self, cx: &Context<Self>) {
        // A sensor that is missing will be reported with the first reading.
        let _ = self.read(cx).await;
        cx.sleep(FIRST).await;
    }

    /// Reads each second, and tells everyone who listens.
    #[behaviour(every = "1s", first = "now")]
    async fn look(&mut self, cx: &Context<Self>) {
        let figures = self.read(cx).await;
        self.latest = Reading::new(SourceName::Network, cx.utc(), figures);
        cx.publish("reading.network", &self.latest).await;
    }

    async fn read(&mut self, cx: &Context<Self>) -> Result<Figures, Missing> {
        let now = cx.now();
        let since = now - std::mem::replace(&mut self.looked, now);
        self.sensor.read(cx, move |networks| traffic(networks, since)).await
    }
}

impl Source for Network {
    async fn latest(&self) -> Reading {
        self.latest.clone()
    }
}

impl Default for Network {
    fn default() -> Self {
        let latest = Reading::none_yet(SourceName::Network);
        Self { sensor: Sensor::new(Networks::new), looked: Time::START, latest }
    }
}

/// Returns what went through the interfaces since the last look, the busiest first.
fn traffic(networks: &mut Networks, since: Duration) -> Result<Figures, Missing> {
    networks.refresh(true);
    let rate = |bytes: u64| (bytes as f64 / since.as_secs_f64().max(0.001)).round();
    let mut interfaces: Vec<_> = networks
        .iter()
        .filter(|(name, data)| !LOOPBACKS.iter().any(|loopback| name == loopback) && is_up(data))
        .map(|(name, data)| Interface {
            name: name.to_string_lossy().into_owned(),
            received_bytes_per_second: rate(data.received()),
            sent_bytes_per_second: rate(data.transmitted()),
        })
        .collect();
    if interfaces.is_empty() {
        return Err(Missing::Nothing("network interface that is up"));
    }
    let bytes = |one: &Interface| one.received_bytes_per_second + one.sent_bytes_per_second;
    interfaces.sort_by(|one, other| {
        bytes(other).total_cmp(&bytes(one)).then_with(|| one.name.cmp(&other.name))
    });
    interfaces.truncate(MOST);
    Ok(Figures::Network(interfaces))
}

/// Returns whether anything can go through; many drivers do not know.
fn is_up(data: &NetworkData) -> bool {
    use InterfaceOperationalState::{Down, LowerLayerDown, NotPresent};
    !matches!(data.operational_state(), Down | LowerLayerDown | NotPresent)
}
