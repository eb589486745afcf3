//! Which goals Lyceum meets.

use lyceum_bench_figures::Unit;

use crate::goals::{GOALS, Goal, Limit};
use crate::rounds::Series;

/// How a goal stands.
pub struct Verdict {
    /// What was compared: a ratio for the limits that are one, otherwise the median.
    pub figure: f64,
    pub met: bool,
}

/// Judges a goal; `None` where the subject or what it is compared with was not measured.
pub fn judge(goal: &Goal, all: &[Series]) -> Option<Verdict> {
    let subject = find(goal.metric, goal.subject, all)?;
    match goal.limit {
        Limit::Times(line, limit) => {
            let figure = subject.samples.median() / find(goal.metric, line, all)?.samples.median();
            let met = if is_rate(subject) { figure >= limit } else { figure <= limit };
            Some(Verdict { figure, met })
        }
        Limit::AtMost(limit) => {
            let figure = subject.samples.median();
            Some(Verdict { figure, met: figure <= limit })
        }
    }
}

/// Returns the figures of a metric of a target.
pub fn find<'a>(metric: &str, target: &str, all: &'a [Series]) -> Option<&'a Series> {
    all.iter().find(|series| series.metric.0 == metric && series.target == target)
}

fn is_rate(series: &Series) -> bool {
    Unit::is_rate(series.metric.1)
}

/// Returns one line with the goals that are met, missed and not judged.
pub fn summary(all: &[Series]) -> String {
    let (mut met, mut missed, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for goal in GOALS {
        let name = format!("{}[{}]", goal.metric, goal.subject);
        match judge(goal, all) {
            Some(verdict) if verdict.met => met.push(name),
            Some(_) => missed.push(name),
            None => open.push(name),
        }
    }
    let part = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(" "),
    };
    format!("goals: met: {}; missed: {}; not judged: {}", part(&met), part(&missed), part(&open))
}

#[cfg(test)]
mod tests {
    use lyceum_bench_figures::Samples;

    use super::*;
    use crate::case::Case;
    use crate::targets::Role;

    fn judged(case: Case, figures: &[(&'static str, f64)]) -> Option<(f64, bool)> {
        let metric = case.metrics()[0];
        let all: Vec<Series> = figures
            .iter()
            .map(|&(target, figure)| {
                let samples = Samples::new(vec![figure]);
                Series { metric, target, role: Role::Subject, samples }
            })
            .collect();
        let goal = Goal::of(metric.0, figures[0].0).expect("it has a goal");
        judge(goal, &all).map(|verdict| (verdict.figure, verdict.met))
    }

    #[test]
    fn times_are_met_from_below_and_rates_from_above() {
        let call = |ours| judged(Case::Call, &[("lyceum_tcp", ours), ("raw_tcp", 20.0)]);
        assert_eq!(call(28.0), Some((1.4, true)));
        assert_eq!(call(30.0), Some((1.5, false)));
        let crowd = |ours| judged(Case::Crowd, &[("lyceum_tcp", ours), ("raw_tcp", 200.0)]);
        assert_eq!(crowd(150.0), Some((0.75, true)));
        assert_eq!(crowd(140.0), Some((0.7, false)));
    }

    #[test]
    fn nothing_is_judged_without_the_figures_that_it_takes() {
        assert_eq!(judged(Case::Call, &[("lyceum_tcp", 20.0)]), None);
        assert_eq!(judged(Case::Handles, &[("lyceum_tcp", 101.0)]), Some((101.0, false)));
    }
}
