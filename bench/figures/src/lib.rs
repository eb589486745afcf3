//! What the suites of the benchmarks have in common: options, children, samples, goals, tables and
//! files.
//!
//! A [`Suite`] runs [`Case`]s on [`Target`]s, in processes as [`child`] has them, and [`smoke`] is
//! how its tests run it. [`Samples`] are the figures of several rounds, [`Metric`] and [`Unit`] say what they count,
//! [`Goal`] what they are held to, [`alternate`] measures by turns, [`judge`] judges, [`table`] and
//! [`text`] show, [`report`] writes to a file, [`machine`] says where the figures come from, and
//! [`python`] has peers in Python.

pub mod child;
mod goal;
pub mod machine;
mod metric;
pub mod python;
pub mod report;
mod rounds;
mod samples;
mod series;
pub mod smoke;
mod suite;
pub mod table;
pub mod text;
mod verdict;

pub use goal::{Goal, Limit};
pub use metric::{Metric, Unit};
pub use rounds::{Measured, alternate};
pub use samples::Samples;
pub use series::{Gap, Results, Role, Series, find};
pub use suite::{Case, Options, Suite, Target, name_of, unmeasured};
pub use verdict::{Verdict, judge, standings, summary};
