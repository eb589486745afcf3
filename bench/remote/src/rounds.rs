//! Rounds that alternate over the targets, and the figures that they leave.

use lyceum_bench_figures::{Metric, Samples};

use crate::case::Case;
use crate::pair;
use crate::sizes::Sizes;
use crate::targets::{Role, Target};

/// The figures of one metric of one target, one for each round.
pub struct Series {
    pub metric: Metric,
    pub target: &'static str,
    pub role: Role,
    pub samples: Samples,
}

/// A target that has no figure.
pub struct Gap {
    pub target: &'static str,
    pub reason: String,
}

/// What all rounds of one case left, in the order of the targets.
#[derive(Default)]
pub struct Results {
    pub series: Vec<Series>,
    pub gaps: Vec<Gap>,
}

/// Runs a case on all targets that take part in it: A B C A B C, never A A B B, so that a
/// disturbance of the machine falls on all alike.
pub fn run(case: Case, targets: &[Target], rounds: u32, sizes: &Sizes) -> Results {
    let mut results = Results::default();
    let taking_part = targets.iter().filter(|target| target.cases.contains(&case));
    let mut lanes: Vec<Lane<'_>> = taking_part.map(Lane::new).collect();
    for _ in 0..rounds {
        for lane in &mut lanes {
            lane.measure(case, sizes);
        }
    }
    for lane in lanes {
        lane.finish(case, &mut results);
    }
    results
}

/// One target, round after round.
struct Lane<'a> {
    target: &'a Target,
    runs: Vec<Vec<f64>>,
    gap: Option<String>,
}

impl<'a> Lane<'a> {
    fn new(target: &'a Target) -> Self {
        Self { target, runs: Vec::new(), gap: None }
    }

    fn measure(&mut self, case: Case, sizes: &Sizes) {
        if self.gap.is_some() {
            return;
        }
        match pair::measure(self.target, case, sizes) {
            Ok(figures) => self.runs.push(figures),
            Err(reason) => self.gap = Some(reason),
        }
    }

    fn finish(self, case: Case, results: &mut Results) {
        let Target { name: target, role, .. } = *self.target;
        if let Some(reason) = self.gap {
            results.gaps.push(Gap { target, reason });
            return;
        }
        for (index, &metric) in case.metrics().iter().enumerate() {
            let samples = Samples::new(self.runs.iter().map(|run| run[index]).collect());
            results.series.push(Series { metric, target, role, samples });
        }
    }
}
