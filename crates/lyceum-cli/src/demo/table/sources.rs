//! The panel of sources: a line for each, with its level, its figures and its last minute.

use crate::demo::graph::{bar, sparkline};
use crate::demo::reading::{Figures, Interface, Reading};
use crate::demo::summary::Report;
use crate::demo::units::{bytes, count, plain};
use crate::line::{Ink, Line};

/// Where the columns begin.
struct Columns {
    bar: usize,
    bar_width: usize,
    level: usize,
    text: usize,
    history: usize,
    history_width: usize,
}

/// How wide the few words are that say more of a source.
const TEXT: usize = 26;

/// A level this near to its limit is no alarm, but worth a look.
const NEAR: f64 = 0.75;

/// Returns the panel.
pub(super) fn panel(report: &Report, width: usize) -> Vec<Line> {
    let columns = Columns::fit(width);
    let mut lines = vec![head(&columns)];
    lines.extend(report.readings.iter().map(|reading| line(report, reading, &columns)));
    lines
}

impl Columns {
    fn fit(width: usize) -> Self {
        let bar_width = (width / 6).clamp(6, 24);
        let bar = 12;
        let level = bar + bar_width + 1;
        let text = level + 9;
        let room = width.saturating_sub(text + TEXT);
        let history_width = if room < 10 { 0 } else { room.min(60) };
        let history = width.saturating_sub(history_width + 1).max(text);
        Self { bar, bar_width, level, text, history, history_width }
    }
}

fn head(columns: &Columns) -> Line {
    let seconds = format!("last {} s", columns.history_width);
    let line = Line::new(Ink::Faint, " source").tab(columns.bar).add(Ink::Faint, "now");
    if columns.history_width == 0 {
        return line;
    }
    line.tab(columns.history + columns.history_width.saturating_sub(seconds.len()))
        .add(Ink::Faint, seconds)
}

fn line(report: &Report, reading: &Reading, columns: &Columns) -> Line {
    let line = Line::new(Ink::Plain, format!(" {}", reading.source)).tab(columns.bar);
    match (&reading.figures, reading.level()) {
        (Figures::NotAvailable(why), _) => {
            line.add(Ink::Faint, format!("not available: {}", plain(why)))
        }
        (figures, None) => line.add(Ink::Plain, text(figures)),
        (figures, Some(level)) => {
            let ink = ink(report, reading, level);
            let (filled, rest) = bar(level, columns.bar_width);
            let line = line
                .add(ink, filled)
                .add(Ink::Faint, rest)
                .tab(columns.level)
                .add(ink, format!("{level:>5.1} %"))
                .tab(columns.text)
                .add(Ink::Plain, text(figures));
            let Some(levels) = report.levels.get(&reading.source) else { return line };
            let picture = sparkline(levels, columns.history_width);
            line.tab(columns.history).add(Ink::Faint, picture)
        }
    }
}

fn ink(report: &Report, reading: &Reading, level: f64) -> Ink {
    let limit = report.limits.get(&reading.source);
    if report.raised.iter().any(|alarm| alarm.source == reading.source) {
        Ink::Alarm
    } else if level >= 100.0 || limit.is_some_and(|limit| level >= limit * NEAR) {
        Ink::Warning
    } else {
        Ink::Calm
    }
}

/// Returns what else there is to say of figures, in a few words.
fn text(figures: &Figures) -> String {
    match figures {
        Figures::Cpu(cpu) => {
            let cores = count(cpu.cores.len() as u64, "core");
            format!("{cores} {}", sparkline(&cpu.cores, cpu.cores.len()))
        }
        Figures::Memory(memory) => {
            format!("{} of {}", bytes(memory.used_bytes as f64), bytes(memory.total_bytes as f64))
        }
        Figures::Disks(disks) => disks.first().map_or_else(String::new, |disk| {
            format!("{} {} free", plain(&disk.mount), bytes(disk.free_bytes as f64))
        }),
        Figures::Load(load) => format!("{:.2} {:.2} {:.2}", load.one, load.five, load.fifteen),
        Figures::Network(interfaces) => interfaces.first().map_or_else(String::new, traffic),
        Figures::Processes(processes) => {
            let busiest = processes.busiest.iter().filter(|process| process.percent > 0.0);
            let busiest: Vec<_> = busiest
                .take(3)
                .map(|process| format!("{} {:.0} %", plain(&process.name), process.percent))
                .collect();
            let first = if busiest.is_empty() { "" } else { ", busiest " };
            format!("{}{first}{}", processes.count, busiest.join(", "))
        }
        Figures::NotAvailable(_) => String::new(),
    }
}

/// Returns what goes through an interface.
pub(super) fn traffic(interface: &Interface) -> String {
    let received = bytes(interface.received_bytes_per_second);
    let sent = bytes(interface.sent_bytes_per_second);
    format!("{} in {received}/s, out {sent}/s", plain(&interface.name))
}
