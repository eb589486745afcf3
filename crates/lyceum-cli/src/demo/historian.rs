//! The historian: hears readings and alarms, and remembers the last of them.

use std::collections::{BTreeMap, VecDeque};

use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::monitor::{Alarm, Turn};
use super::reading::{Reading, SourceName};

/// How many readings are kept of each source: one minute.
const READINGS: usize = 60;

/// How many alarms are kept.
const ALARMS: usize = 32;

/// Keeps the last readings and alarms, and answers questions about them.
#[derive(Default)]
pub(crate) struct Historian {
    readings: BTreeMap<SourceName, VecDeque<Reading>>,
    alarms: VecDeque<Alarm>,
    raised: u64,
    /// How many messages were heard on each topic.
    heard: BTreeMap<String, u64>,
}

/// The last levels of each source that has any, in percent, the newest last.
pub(crate) type Levels = BTreeMap<SourceName, Vec<f64>>;

/// What the historian knows of alarms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AlarmLog {
    /// How many were ever raised.
    pub(crate) raised: u64,
    /// The last turns, the newest first.
    pub(crate) last: Vec<Alarm>,
}

#[agent]
impl Historian {
    /// Keeps a reading.
    #[subscribe("reading.#")]
    async fn keep(&mut self, reading: Reading) {
        self.note(format!("reading.{}", reading.source));
        let kept = self.readings.entry(reading.source).or_default();
        if kept.len() == READINGS {
            kept.pop_front();
        }
        kept.push_back(reading);
    }

    /// Keeps an alarm.
    #[subscribe("alarm.#")]
    async fn keep_alarm(&mut self, alarm: Alarm) {
        self.note(format!("alarm.{}", alarm.source));
        self.raised += u64::from(alarm.turn == Turn::Raised);
        if self.alarms.len() == ALARMS {
            self.alarms.pop_front();
        }
        self.alarms.push_back(alarm);
    }

    /// Returns the last levels of each source that has any.
    #[action]
    async fn levels(&self) -> Levels {
        let of = |kept: &VecDeque<Reading>| kept.iter().filter_map(Reading::level).collect();
        let levels = self.readings.iter().map(|(source, kept)| (*source, of(kept)));
        levels.filter(|(_, levels): &(_, Vec<f64>)| !levels.is_empty()).collect()
    }

    /// Returns the last alarms.
    #[action]
    async fn alarms(&self) -> AlarmLog {
        AlarmLog { raised: self.raised, last: self.alarms.iter().rev().cloned().collect() }
    }

    /// Returns how many messages were heard on each topic.
    #[action]
    async fn topics(&self) -> BTreeMap<String, u64> {
        self.heard.clone()
    }
}

impl Historian {
    fn note(&mut self, topic: String) {
        *self.heard.entry(topic).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::demo::reading::{CpuUse, Figures};

    fn busy(percent: f64) -> Reading {
        let figures = Figures::Cpu(CpuUse { percent, cores: vec![percent] });
        Reading::new(SourceName::Cpu, Timestamp::UNIX_EPOCH, Ok(figures))
    }

    #[lyceum::test]
    async fn only_the_last_readings_are_kept() {
        let node = Node::simulated(7);
        let historian = node.launch(Historian::default()).await.unwrap();

        for step in 0..READINGS + 30 {
            node.topics().publish("reading.cpu", &busy(step as f64)).unwrap();
            node.run_until_idle();
        }

        let levels = historian.levels().await.unwrap().remove(&SourceName::Cpu).unwrap();
        assert_eq!((levels.len(), levels[0]), (READINGS, 30.0));
        assert_eq!(historian.topics().await.unwrap()["reading.cpu"], 90);
    }

    #[lyceum::test]
    async fn only_the_last_alarms_are_kept_but_all_are_counted() {
        let node = Node::simulated(7);
        let historian = node.launch(Historian::default()).await.unwrap();
        let (source, at) = (SourceName::Load, Timestamp::UNIX_EPOCH);

        for step in 0..ALARMS + 8 {
            let level = step as f64;
            let alarm = Alarm { source, at, turn: Turn::Raised, level, limit: 0.0 };
            node.topics().publish("alarm.load", &alarm).unwrap();
            node.run_until_idle();
        }

        let log = historian.alarms().await.unwrap();
        assert_eq!((log.raised, log.last.len()), ((ALARMS + 8) as u64, ALARMS));
        assert_eq!(log.last[0].level, (ALARMS + 7) as f64);
    }

    #[lyceum::test]
    async fn source_without_a_level_is_left_out() {
        let node = Node::simulated(7);
        let historian = node.launch(Historian::default()).await.unwrap();

        node.topics().publish("reading.load", &Reading::none_yet(SourceName::Load)).unwrap();

        assert!(historian.levels().await.unwrap().is_empty());
    }
}
