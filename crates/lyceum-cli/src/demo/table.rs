//! The table: how a report looks in a terminal.

mod agents;
mod alarms;
mod details;
#[cfg(test)]
pub(crate) mod sample;
mod sources;

use lyceum::wire::Endpoint;

use super::screen::Size;
use super::summary::Report;
use super::units::{count, plain};
use crate::line::{Ink, Line};
use crate::span::stopwatch;

/// How many turns of alarms are shown.
const ALARMS: usize = 3;

/// Below so many free rows, there is no room for details.
const DETAILS: usize = 4;

/// Returns a report as lines that fit the terminal; the last one says how to end.
pub(crate) fn compose(report: &Report, endpoint: Option<&Endpoint>, size: Size) -> Vec<Line> {
    let width = size.columns;
    let mut lines = sources::panel(report, width);
    let agents = agents::panel(report, width);
    let alarms = alarms::panel(report, ALARMS);
    // Title, footer, and an empty line between each two panels.
    let taken = lines.len() + agents.len() + alarms.len() + 4;
    let room = size.rows.saturating_sub(taken);
    if room >= DETAILS {
        lines.push(Line::default());
        lines.extend(details::panel(report, width, room - 1));
    }
    for panel in [agents, alarms] {
        lines.push(Line::default());
        lines.extend(panel);
    }
    lines.insert(0, title(report, width));
    if lines.len() + 2 <= size.rows {
        lines.push(Line::default());
    }
    lines.truncate(size.rows.saturating_sub(1));
    lines.push(footer(report, endpoint));
    lines.into_iter().map(|line| line.cut(width)).collect()
}

fn title(report: &Report, width: usize) -> Line {
    let host = sysinfo::System::host_name().unwrap_or_else(|_| "this machine".into());
    let time = stopwatch(report.age);
    Line::new(Ink::Strong, " lyceum demo")
        .add(Ink::Faint, format!("  a watch over {}", plain(&host)))
        .tab(width.saturating_sub(time.len() + 1))
        .add(Ink::Faint, time)
}

fn footer(report: &Report, endpoint: Option<&Endpoint>) -> Line {
    let mut parts = vec![
        count(report.agents.len() as u64, "agent"),
        count(report.messages(), "message"),
        count(report.topics.len() as u64, "topic"),
        "ctrl-c ends".into(),
    ];
    parts.extend(endpoint.map(|endpoint| format!("lyceum agents {endpoint}")));
    Line::new(Ink::Faint, format!(" {}", parts.join(" · ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(columns: usize, rows: usize) -> Vec<String> {
        let lines = compose(&sample::report(), None, Size { columns, rows });
        lines.iter().map(|line| line.render(false).trim_end().to_owned()).collect()
    }

    #[test]
    fn table_fits_every_terminal() {
        for columns in [1, 10, 40, 60, 80, 81, 120, 250] {
            for rows in [1, 2, 10, 23, 24, 40, 80] {
                let lines = picture(columns, rows);
                assert!(lines.len() <= rows, "{columns}x{rows}");
                let fits = |line: &String| line.chars().count() <= columns;
                assert!(lines.iter().all(fits), "{columns}x{rows}: {lines:#?}");
            }
        }
    }

    #[test]
    fn missing_sensor_says_why_and_the_others_show() {
        let text = picture(80, 24).join("\n");

        assert!(text.contains("not available: the system does not tell: No such file"), "{text}");
        assert!(text.contains("12.5 %") && text.contains("eth0"), "{text}");
    }

    #[test]
    fn footer_counts_agents_messages_and_topics() {
        let lines = picture(80, 24);
        let footer = " 3 agents · 132 messages · 2 topics · ctrl-c ends";
        assert_eq!(lines.last().map(String::as_str), Some(footer));
    }

    #[test]
    fn tall_terminal_shows_details() {
        let details = "busiest processes";
        assert!(!picture(80, 20).join("\n").contains(details));
        assert!(picture(80, 40).join("\n").contains(details));
    }
}
