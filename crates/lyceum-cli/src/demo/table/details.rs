//! The panel of details, where the terminal is tall enough: processes, disks and interfaces.

use super::sources::traffic;
use crate::demo::reading::{Disk, Figures, Process};
use crate::demo::summary::Report;
use crate::demo::units::{bytes, plain};
use crate::line::{Ink, Line};

/// Returns the panel: processes on the left, disks and interfaces on the right.
pub(super) fn panel(report: &Report, width: usize, rows: usize) -> Vec<Line> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for reading in &report.readings {
        match &reading.figures {
            Figures::Processes(list) => {
                left.push(Line::new(Ink::Strong, " busiest processes"));
                left.extend(list.busiest.iter().map(process));
            }
            Figures::Disks(disks) => {
                right.push(Line::new(Ink::Strong, " disks"));
                right.extend(disks.iter().map(disk));
            }
            Figures::Network(interfaces) => {
                right.push(Line::default());
                right.push(Line::new(Ink::Strong, " interfaces"));
                right.extend(
                    interfaces
                        .iter()
                        .map(|one| Line::new(Ink::Plain, format!(" {}", traffic(one)))),
                );
            }
            _ => {}
        }
    }
    let height = left.len().max(right.len()).min(rows);
    left.resize_with(height, Line::default);
    right.resize_with(height, Line::default);
    left.into_iter().zip(right).map(|(left, right)| left.tab(width / 2).join(right)).collect()
}

fn process(process: &Process) -> Line {
    Line::new(Ink::Plain, format!(" {:>7} ", process.id))
        .add(Ink::Plain, plain(&process.name))
        .tab(25)
        .add(Ink::Plain, format!("{:>6.1} %", process.percent))
        .add(Ink::Faint, format!(" {:>10}", bytes(process.memory_bytes as f64)))
}

fn disk(disk: &Disk) -> Line {
    let (free, total) = (bytes(disk.free_bytes as f64), bytes(disk.total_bytes as f64));
    Line::new(Ink::Plain, format!(" {} {free} of {total} free", plain(&disk.mount)))
}
