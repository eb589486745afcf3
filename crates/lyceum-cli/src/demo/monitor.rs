//! The monitor: hears readings, and raises alarms.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::reading::{Reading, SourceName, tenths};

/// Up to which level each source may go, in percent.
pub(crate) type Limits = BTreeMap<SourceName, f64>;

/// Limits that make sense: a load can go far above 100.
const LOWEST: f64 = 0.1;
const HIGHEST: f64 = 10_000.0;

/// An alarm is cleared below this part of its limit, so that a level about the limit is one alarm
/// and not many.
const CLEARED: f64 = 0.9;

/// Hears all readings, and publishes on `alarm.<source>` where one goes beyond its limit.
pub(crate) struct Monitor {
    limits: Limits,
    raised: BTreeMap<SourceName, Alarm>,
}

/// What the monitor publishes: an alarm is raised, or cleared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Alarm {
    pub(crate) source: SourceName,
    pub(crate) at: Timestamp,
    pub(crate) turn: Turn,
    /// What was read, in percent.
    pub(crate) level: f64,
    /// What it reached, or fell below.
    pub(crate) limit: f64,
}

/// Says why a limit was not set.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LimitError {
    #[error("cannot set a limit of {percent} %: expected {LOWEST} to {HIGHEST}")]
    OutOfRange { percent: f64 },
}

/// What becomes of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turn {
    Raised,
    Cleared,
}

#[agent]
impl Monitor {
    /// Compares a reading with its limit.
    #[subscribe("reading.#")]
    async fn hear(&mut self, reading: Reading, cx: &Context<Self>) {
        let Some(alarm) = self.judge(&reading) else { return };
        match alarm.turn {
            Turn::Raised => self.raised.insert(alarm.source, alarm.clone()),
            Turn::Cleared => self.raised.remove(&alarm.source),
        };
        cx.publish(&format!("alarm.{}", alarm.source), &alarm).await;
    }

    /// Returns the alarms that are raised now.
    #[action]
    async fn raised(&self) -> Vec<Alarm> {
        self.raised.values().cloned().collect()
    }

    /// Returns up to which level each source may go.
    #[action]
    async fn limits(&self) -> Limits {
        self.limits.clone()
    }

    /// Sets up to which level a source may go, and returns all limits.
    #[action]
    async fn set_limit(&mut self, source: SourceName, percent: f64) -> Result<Limits, LimitError> {
        if !(LOWEST..=HIGHEST).contains(&percent) {
            return Err(LimitError::OutOfRange { percent });
        }
        self.limits.insert(source, percent);
        Ok(self.limits.clone())
    }
}

impl Monitor {
    /// Makes a monitor with these limits.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, raised: BTreeMap::new() }
    }

    /// Returns what a reading changes. One without a level changes nothing: a sensor that went
    /// missing is no all-clear.
    fn judge(&self, reading: &Reading) -> Option<Alarm> {
        let level = reading.level()?;
        let limit = *self.limits.get(&reading.source)?;
        let calm = tenths(limit * CLEARED);
        let (turn, limit) = match self.raised.contains_key(&reading.source) {
            false if level >= limit => (Turn::Raised, limit),
            true if level < calm => (Turn::Cleared, calm),
            _ => return None,
        };
        Some(Alarm { source: reading.source, at: reading.at, turn, level, limit })
    }
}

#[cfg(test)]
mod tests {
    use lyceum::Listener;

    use super::*;
    use crate::demo::reading::{CpuUse, Figures};

    fn busy(percent: f64) -> Reading {
        let figures = Figures::Cpu(CpuUse { percent, cores: vec![percent] });
        Reading::new(SourceName::Cpu, Timestamp::UNIX_EPOCH, Ok(figures))
    }

    /// Lets a monitor with a limit of 50 % hear these levels, and returns what it publishes.
    async fn alarms(levels: &[f64]) -> Vec<(Turn, f64)> {
        let node = Node::simulated(7);
        let mut listener = node.topics().listen("alarm.cpu").unwrap();
        let limits = Limits::from([(SourceName::Cpu, 50.0)]);
        node.launch(Monitor::new(limits)).await.unwrap();

        for level in levels {
            node.topics().publish("reading.cpu", &busy(*level)).unwrap();
        }
        node.run_until_idle();
        heard(&mut listener)
    }

    fn heard(listener: &mut Listener) -> Vec<(Turn, f64)> {
        let alarms = std::iter::from_fn(|| listener.try_receive());
        let alarms = alarms.map(|alarm| alarm.decode::<Alarm>().unwrap());
        alarms.map(|alarm| (alarm.turn, alarm.level)).collect()
    }

    #[lyceum::test]
    async fn alarm_is_raised_at_its_limit_and_not_below() {
        assert_eq!(alarms(&[49.9, 12.0]).await, []);
        assert_eq!(alarms(&[49.9, 50.0]).await, [(Turn::Raised, 50.0)]);
    }

    #[lyceum::test]
    async fn alarm_is_raised_once_however_long_it_lasts() {
        assert_eq!(alarms(&[60.0, 70.0, 99.0, 51.0]).await, [(Turn::Raised, 60.0)]);
    }

    #[lyceum::test]
    async fn alarm_is_cleared_well_below_its_limit_only() {
        let turns = alarms(&[60.0, 49.0, 45.0, 50.0, 44.9, 44.0]).await;

        assert_eq!(turns, [(Turn::Raised, 60.0), (Turn::Cleared, 44.9)]);
    }

    #[lyceum::test]
    async fn limit_can_be_changed_while_the_watch_goes_on() {
        let node = Node::simulated(7);
        let monitor = node.launch(Monitor::new(Limits::from([(SourceName::Cpu, 90.0)]))).await;
        let monitor = monitor.unwrap();

        monitor.set_limit(SourceName::Cpu, 50.0).await.unwrap();
        let error = monitor.set_limit(SourceName::Load, -1.0).await.unwrap_err();
        node.topics().publish("reading.cpu", &busy(60.0)).unwrap();
        node.run_until_idle();

        assert_eq!(monitor.raised().await.unwrap()[0].limit, 50.0);
        assert_eq!(error.to_string(), "cannot set a limit of -1 %: expected 0.1 to 10000");
    }

    #[lyceum::test]
    async fn sensor_that_went_missing_is_no_all_clear() {
        let node = Node::simulated(7);
        let limits = Limits::from([(SourceName::Cpu, 50.0)]);
        let monitor = node.launch(Monitor::new(limits)).await.unwrap();

        node.topics().publish("reading.cpu", &busy(60.0)).unwrap();
        node.topics().publish("reading.cpu", &Reading::none_yet(SourceName::Cpu)).unwrap();
        node.run_until_idle();

        assert_eq!(monitor.raised().await.unwrap().len(), 1);
    }
}
