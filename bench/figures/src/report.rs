//! The figures as a JSON file.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::{Metric, Samples, Series};

/// One row of the file.
#[derive(Serialize)]
pub struct Row {
    case: &'static str,
    target: &'static str,
    runtime: String,
    unit: String,
    median: f64,
    min: f64,
    max: f64,
    rounds: usize,
}

impl Row {
    /// Makes the row of a metric of a target; `runtime` says what its code ran on.
    pub fn new(metric: Metric, target: &'static str, runtime: String, samples: &Samples) -> Self {
        Self {
            case: metric.0,
            target,
            runtime,
            unit: metric.1.to_string(),
            median: samples.median(),
            min: samples.min(),
            max: samples.max(),
            rounds: samples.rounds(),
        }
    }
}

/// Writes one row for each series; `runtime` says what their code ran on.
pub fn write_all(path: &Path, all: &[Series], runtime: &str) -> io::Result<()> {
    let row =
        |series: &Series| Row::new(series.metric, series.target, runtime.into(), &series.samples);
    write(path, &all.iter().map(row).collect::<Vec<_>>())
}

/// Writes the rows.
pub fn write(path: &Path, rows: &[Row]) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(File::create(path)?, rows)?)
}
