//! What the suites of the benchmarks have in common: samples, units, tables and files.
//!
//! [`Samples`] are the figures of several rounds, [`Metric`] and [`Unit`] say what they count,
//! [`text`] shows them, [`report`] writes them to a file, and [`machine`] says where they come
//! from.

pub mod machine;
mod metric;
pub mod report;
mod samples;
pub mod text;

pub use metric::{Metric, Unit};
pub use samples::Samples;
