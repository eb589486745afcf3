//! The figures as a JSON file.

use std::io;
use std::path::Path;

use lyceum_bench_figures::report::{self, Row};

use crate::rounds::Series;

/// Writes one row for each series.
pub fn write(path: &Path, all: &[Series]) -> io::Result<()> {
    let row = |series: &Series| {
        Row::new(series.metric, series.target, series.place.to_string(), &series.samples)
    };
    report::write(path, &all.iter().map(row).collect::<Vec<_>>())
}
