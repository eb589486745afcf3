//! The panel of agents and topics: how many messages went through each.

use std::ops::RangeInclusive;

use crate::demo::summary::{AgentReport, Report};
use crate::demo::units::plain;
use crate::line::{Ink, Line};

/// How wide a cell is at least and at most: for a topic's name and its count.
const CELL: RangeInclusive<usize> = 25..=32;

/// Returns the panel.
pub(super) fn panel(report: &Report, width: usize) -> Vec<Line> {
    let agents = report.agents.iter().map(agent).collect();
    let mut lines = vec![head("agents", "messages that each handled")];
    lines.extend(grid(agents, width));
    lines.push(Line::default());
    lines.push(head("topics", "messages that the historian heard"));
    let topics = report.topics.iter();
    let topics = topics.map(|(topic, heard)| cell(plain(topic), Ink::Plain, *heard)).collect();
    lines.extend(grid(topics, width));
    lines
}

/// Returns a head line: what is listed, and what the numbers are.
fn head(what: &str, numbers: &str) -> Line {
    Line::new(Ink::Strong, format!(" {what}")).add(Ink::Faint, format!("  {numbers}"))
}

/// Returns an agent's name and count, in the colour of an alarm if a message failed.
fn agent(agent: &AgentReport) -> (String, Ink, String) {
    let ink = if agent.failed > 0 { Ink::Alarm } else { Ink::Plain };
    cell(plain(&agent.name), ink, agent.handled)
}

fn cell(name: String, ink: Ink, number: u64) -> (String, Ink, String) {
    (name, ink, number.to_string())
}

/// Lays cells out in columns, to be read downwards.
fn grid(cells: Vec<(String, Ink, String)>, width: usize) -> Vec<Line> {
    let columns = (width / CELL.start()).clamp(1, 4);
    let rows = cells.len().div_ceil(columns);
    let cell_width = (width.saturating_sub(1) / columns).min(*CELL.end());
    let mut lines = vec![Line::default(); rows];
    for (index, (name, ink, number)) in cells.into_iter().enumerate() {
        let (column, row) = (index / rows, index % rows);
        let (start, end) = (column * cell_width, (column + 1) * cell_width);
        let line = std::mem::take(&mut lines[row]);
        lines[row] = line
            .tab(start)
            .add(Ink::Plain, " ")
            .add(ink, name)
            .tab(end.saturating_sub(number.len() + 1))
            .add(Ink::Plain, number);
    }
    lines
}
