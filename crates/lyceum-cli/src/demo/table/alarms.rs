//! The panel of alarms: which are raised, and what became of the last ones.

use crate::demo::monitor::{Alarm, Turn};
use crate::demo::summary::Report;
use crate::line::{Ink, Line};
use crate::span::stopwatch;

/// Returns the panel, with so many lines below its head.
pub(super) fn panel(report: &Report, rows: usize) -> Vec<Line> {
    let mut lines = vec![head(report)];
    if report.log.last.is_empty() {
        lines.extend(advice(report));
    }
    lines.extend(report.log.last.iter().map(|alarm| turn(report, alarm)));
    lines.resize_with(rows + 1, Line::default);
    lines
}

fn head(report: &Report) -> Line {
    let line = Line::new(Ink::Strong, " alarms  ");
    if report.raised.is_empty() {
        return line.add(Ink::Calm, "none raised");
    }
    let raised: Vec<_> = report.raised.iter().map(|alarm| alarm.source.as_str()).collect();
    line.add(Ink::Alarm, raised.join(", "))
}

fn turn(report: &Report, alarm: &Alarm) -> Line {
    // An alarm from the future is one of this moment.
    let age = report.at.duration_since(alarm.at).unsigned_abs();
    let Alarm { source, level, limit, .. } = alarm;
    let line = Line::new(Ink::Faint, format!("{:>9} ago  ", stopwatch(age)))
        .add(Ink::Plain, format!("alarm.{source:<10}"));
    match alarm.turn {
        Turn::Raised => line
            .add(Ink::Alarm, "raised   ")
            .add(Ink::Plain, format!("{level:.1} % reaches {limit:.1} %")),
        Turn::Cleared => line
            .add(Ink::Calm, "cleared  ")
            .add(Ink::Plain, format!("{level:.1} % is below {limit:.1} %")),
    }
}

/// Says what would raise an alarm, and how to see one.
fn advice(report: &Report) -> [Line; 2] {
    let limits: Vec<_> =
        report.limits.iter().map(|(source, limit)| format!("{source} {limit} %")).collect();
    [
        Line::new(Ink::Faint, format!(" raised at {}", limits.join(", "))),
        Line::new(Ink::Faint, " to see one: lyceum demo --cpu-alarm 5"),
    ]
}
