//! Rounds that alternate over the targets, and the figures that they leave.

use lyceum_bench_figures::Samples;

use crate::case::{Case, Metric, NotRun, Place};
use crate::isolate;
use crate::sizes::Sizes;
use crate::targets::{Role, Target};

/// The figures of one metric of one target at one place, one for each round.
pub struct Series {
    pub metric: Metric,
    pub target: &'static str,
    pub role: Role,
    pub place: Place,
    pub samples: Samples,
}

impl Series {
    /// Takes one figure for each round, at least one.
    pub fn new(
        metric: Metric,
        target: &'static str,
        role: Role,
        place: Place,
        figures: Vec<f64>,
    ) -> Self {
        Self { metric, target, role, place, samples: Samples::new(figures) }
    }

    pub fn median(&self) -> f64 {
        self.samples.median()
    }
}

/// A target that has no figure at one place.
pub struct Gap {
    pub target: &'static str,
    pub place: Place,
    pub reason: NotRun,
}

/// What all rounds of one case left, in the order of the targets.
#[derive(Default)]
pub struct Results {
    pub series: Vec<Series>,
    pub gaps: Vec<Gap>,
}

/// Runs `case` on all targets: A B C A B C, never A A B B, so that a disturbance of the machine
/// falls on all alike.
pub fn run(case: Case, targets: &[Target], asked: u32, sizes: &Sizes) -> Results {
    // A fresh process is as cold in every round as in the first: nothing to warm up.
    let warm_ups = if case.is_isolated() { 0 } else { 1 };
    let rounds = if sizes.quick { asked } else { case.rounds(asked) };
    let mut results = Results::default();
    let mut lanes: Vec<Lane<'_>> = case
        .places()
        .iter()
        .flat_map(|&place| targets.iter().map(move |target| Lane::new(target, place)))
        .collect();
    for round in 0..warm_ups + rounds {
        for lane in &mut lanes {
            lane.measure(case, sizes, round >= warm_ups);
        }
    }
    for lane in lanes {
        lane.finish(case, &mut results);
    }
    results
}

/// One target at one place, round after round.
struct Lane<'a> {
    target: &'a Target,
    place: Place,
    runs: Vec<Vec<f64>>,
    gap: Option<NotRun>,
}

impl<'a> Lane<'a> {
    fn new(target: &'a Target, place: Place) -> Self {
        Self { target, place, runs: Vec::new(), gap: None }
    }

    fn measure(&mut self, case: Case, sizes: &Sizes, counts: bool) {
        if self.gap.is_some() {
            return;
        }
        let measured = if case.is_isolated() {
            isolate::measure(self.target, case, self.place, sizes)
        } else {
            (self.target.measure)(case, self.place, sizes)
        };
        match measured {
            Ok(figures) if counts => self.runs.push(figures),
            Ok(_) => {}
            Err(reason) => self.gap = Some(reason),
        }
    }

    fn finish(self, case: Case, results: &mut Results) {
        let Target { name: target, role, .. } = *self.target;
        if let Some(reason) = self.gap {
            results.gaps.push(Gap { target, place: self.place, reason });
            return;
        }
        for (index, &metric) in case.metrics().iter().enumerate() {
            let figures = self.runs.iter().map(|run| run[index]).collect();
            results.series.push(Series::new(metric, target, role, self.place, figures));
        }
    }
}
