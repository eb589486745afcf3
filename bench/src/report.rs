//! The figures as a JSON file.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::rounds::Series;

#[derive(Serialize)]
struct Row {
    case: &'static str,
    target: &'static str,
    runtime: String,
    unit: String,
    median: f64,
    min: f64,
    max: f64,
    rounds: usize,
}

/// Writes one row for each series.
pub fn write(path: &Path, all: &[Series]) -> io::Result<()> {
    let rows: Vec<Row> = all.iter().map(Row::from).collect();
    Ok(serde_json::to_writer_pretty(File::create(path)?, &rows)?)
}

impl From<&Series> for Row {
    fn from(series: &Series) -> Self {
        Self {
            case: series.metric.0,
            target: series.target,
            runtime: series.place.to_string(),
            unit: series.metric.1.to_string(),
            median: series.median(),
            min: series.min(),
            max: series.max(),
            rounds: series.rounds(),
        }
    }
}
