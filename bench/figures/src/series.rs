//! What several rounds of measurements leave.

use crate::{Metric, Samples};

/// What a target's figures are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Lyceum, which the goals are for.
    Subject,
    /// What others build on.
    Peer,
    /// A line below which physics begins.
    Reference,
}

/// The figures of one metric of one target, one for each round.
#[derive(Debug)]
pub struct Series {
    pub metric: Metric,
    pub target: &'static str,
    pub role: Role,
    pub samples: Samples,
}

/// A target that has no figure.
#[derive(Debug)]
pub struct Gap {
    pub target: &'static str,
    pub reason: String,
}

/// What all rounds of one case left, in the order of the targets.
#[derive(Debug, Default)]
pub struct Results {
    pub series: Vec<Series>,
    pub gaps: Vec<Gap>,
}

/// Returns the figures of a metric of a target.
pub fn find<'a>(metric: &str, target: &str, all: &'a [Series]) -> Option<&'a Series> {
    all.iter().find(|series| series.metric.0 == metric && series.target == target)
}
