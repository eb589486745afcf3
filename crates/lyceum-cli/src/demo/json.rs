//! One JSON object a line: `{"event":"listening",..}` at first if others are let in,
//! `{"event":"round",..}` for each round, `{"event":"end",..}` at last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lyceum::wire::Endpoint;
use serde::Serialize;
use serde_json::{Value, json};

use super::monitor::Alarm;
use super::reading::{Figures, SourceName};
use super::summary::{AgentReport, Report};

/// A round, by references to what it is made of.
#[derive(Serialize)]
struct Round<'r> {
    event: &'static str,
    at: Timestamp,
    readings: BTreeMap<SourceName, Value>,
    alarms: &'r [Alarm],
    topics: &'r BTreeMap<String, u64>,
    agents: &'r [AgentReport],
    messages: u64,
}

/// Returns a round as JSON.
pub(crate) fn round(report: &Report) -> serde_json::Result<String> {
    let readings = &report.readings;
    serde_json::to_string(&Round {
        event: "round",
        at: report.at,
        readings: readings.iter().map(|one| (one.source, body(&one.figures))).collect(),
        alarms: &report.raised,
        topics: &report.topics,
        agents: &report.agents,
        messages: report.messages(),
    })
}

/// Returns where the node listens as JSON.
pub(crate) fn listening(endpoint: &Endpoint) -> String {
    json!({ "event": "listening", "endpoint": endpoint }).to_string()
}

/// Returns the end as JSON.
pub(crate) fn end(report: &Report) -> String {
    json!({
        "event": "end",
        "at": report.at,
        "seconds": report.age.as_secs_f64(),
        "agents": report.agents.len(),
        "messages": report.messages(),
        "alarms_raised": report.log.raised,
    })
    .to_string()
}

/// Returns figures without their kind, which the source's name tells.
fn body(figures: &Figures) -> Value {
    match figures {
        Figures::Cpu(cpu) => json!(cpu),
        Figures::Memory(memory) => json!(memory),
        Figures::Disks(disks) => json!(disks),
        Figures::Load(load) => json!(load),
        Figures::Network(interfaces) => json!(interfaces),
        Figures::Processes(processes) => json!(processes),
        Figures::NotAvailable(why) => json!({ "not_available": why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::table::sample;

    #[test]
    fn round_has_every_source_by_its_name() {
        let round: Value = serde_json::from_str(&round(&sample::report()).unwrap()).unwrap();

        let readings = &round["readings"];
        assert_eq!(readings.as_object().unwrap().len(), SourceName::ALL.len());
        assert_eq!(readings["cpu"]["cores"], json!([14.0, 11.0]));
        let why = "the system does not tell: No such file";
        assert_eq!(readings["load"], json!({ "not_available": why }));
        assert_eq!(round["alarms"][0]["turn"], "raised");
    }
}
