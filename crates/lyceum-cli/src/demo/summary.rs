//! The summary: asks the other agents, so that those outside need to ask one only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lyceum::exchange::Status;
use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::historian::{AlarmLog, Historian, Levels};
use super::monitor::{Alarm, Limits, Monitor};
use super::reading::{Reading, SourceName};
use super::sensor::Missing;
use super::source::Source;

/// How long an agent may take to answer; the report goes without one that is late.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks sources, historian and monitor, and makes one report of their answers.
pub(crate) struct Summary {
    historian: Handle<Historian>,
    monitor: Handle<Monitor>,
}

/// How the machine is, and the agents that watch it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Report {
    pub(crate) at: Timestamp,
    /// How long the watch goes on already.
    pub(crate) age: Duration,
    /// The last reading of each source.
    pub(crate) readings: Vec<Reading>,
    pub(crate) levels: Levels,
    pub(crate) limits: Limits,
    /// The alarms that are raised now.
    pub(crate) raised: Vec<Alarm>,
    pub(crate) log: AlarmLog,
    /// How many messages were heard on each topic.
    pub(crate) topics: BTreeMap<String, u64>,
    pub(crate) agents: Vec<AgentReport>,
}

/// What an agent has done so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AgentReport {
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: String,
    /// How many messages it handled.
    pub(crate) handled: u64,
    /// How many of them failed.
    pub(crate) failed: u64,
    /// How many wait for it.
    pub(crate) queued: u64,
}

#[agent]
impl Summary {
    /// Asks everyone, and returns what they say.
    #[action]
    async fn report(&self, cx: &Context<Self>) -> Report {
        // An agent that does not answer leaves a gap, and the others are heard all the same.
        let readings = readings(cx).await;
        let historian = &self.historian;
        let levels = historian.levels().timeout(PATIENCE).await.unwrap_or_default();
        let log = historian.alarms().timeout(PATIENCE).await.unwrap_or_default();
        let topics = historian.topics().timeout(PATIENCE).await.unwrap_or_default();
        let raised = self.monitor.raised().timeout(PATIENCE).await.unwrap_or_default();
        let limits = self.monitor.limits().timeout(PATIENCE).await.unwrap_or_default();
        Report {
            at: cx.utc(),
            age: cx.now().since_start(),
            readings,
            levels,
            limits,
            raised,
            log,
            topics,
            agents: agents(cx).await,
        }
    }
}

impl Summary {
    /// Makes a summary that asks these, and all sources that it finds.
    pub(crate) fn new(historian: Handle<Historian>, monitor: Handle<Monitor>) -> Self {
        Self { historian, monitor }
    }
}

impl Report {
    /// Returns whether each source has looked at least once.
    pub(crate) fn is_complete(&self) -> bool {
        self.readings.iter().all(Reading::is_taken)
    }

    /// Returns how many messages all agents handled.
    pub(crate) fn messages(&self) -> u64 {
        self.agents.iter().map(|agent| agent.handled).sum()
    }
}

/// Asks all sources at once, whatever their types.
async fn readings(cx: &Context<Summary>) -> Vec<Reading> {
    let ask = |source: &Handle<dyn Source>| source.latest().timeout(PATIENCE).send();
    let calls: Vec<_> = cx.node().find().typed::<dyn Source>().iter().map(ask).collect();
    let mut readings = BTreeMap::new();
    for call in calls {
        if let Ok(reading) = call.await {
            readings.insert(reading.source, reading);
        }
    }
    for source in SourceName::ALL {
        let silent = || Reading::new(source, cx.utc(), Err(Missing::Silent));
        readings.entry(source).or_insert_with(silent);
    }
    readings.into_values().collect()
}

/// Returns what the agents of the node have done so far, by name.
async fn agents(cx: &Context<Summary>) -> Vec<AgentReport> {
    let mut reports = Vec::new();
    for agent in cx.node().find().any() {
        // One that ends meanwhile is left out.
        if let Ok(status) = agent.status().await {
            reports.push(AgentReport::of(status));
        }
    }
    reports.sort_by(|one, other| one.name.cmp(&other.name));
    reports
}

impl AgentReport {
    fn of(status: Status) -> Self {
        Self {
            name: status.name.unwrap_or_else(|| status.id.to_string()),
            kind: status.kind,
            handled: status.stats.handled,
            failed: status.stats.failed,
            queued: status.stats.queued,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::launch;
    use crate::demo::reading::Figures;

    fn why(reading: &Reading) -> &str {
        match &reading.figures {
            Figures::NotAvailable(why) => why,
            figures => panic!("a simulated machine has no sensors: {figures:?}"),
        }
    }

    /// A node in virtual time refuses blocking work: a machine without any sensor.
    #[lyceum::test]
    async fn watch_goes_on_without_any_sensor() {
        let node = Node::simulated(7);
        let summary = launch(&node, Limits::from([(SourceName::Cpu, 1.0)])).await.unwrap();

        node.advance(Duration::from_secs(10));

        let report = summary.report().await.unwrap();
        let sources: Vec<_> = report.readings.iter().map(|reading| reading.source).collect();
        assert_eq!(sources, SourceName::ALL);
        assert!(report.readings.iter().all(|reading| why(reading).contains("virtual time")));
        assert!(report.topics.values().all(|heard| *heard >= 10), "{:?}", report.topics);
        assert_eq!((report.topics.len(), report.raised.len()), (6, 0));
    }

    #[lyceum::test]
    async fn agent_that_is_gone_leaves_a_gap_and_no_more() {
        let node = Node::simulated(7);
        let summary = launch(&node, Limits::default()).await.unwrap();

        node.find().name_any("load").unwrap().kill().await;
        node.find().name_any("historian").unwrap().kill().await;

        let report = summary.report().await.unwrap();
        let silent = |reading: &&Reading| why(reading) == "its agent does not answer";
        let silent: Vec<_> = report.readings.iter().filter(silent).collect();
        assert_eq!((silent.len(), silent[0].source), (1, SourceName::Load));
        assert!(report.levels.is_empty());
    }
}
