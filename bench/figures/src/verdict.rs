//! Which goals are met.

use crate::series::find;
use crate::{Goal, Limit, Series};

/// How a goal stands.
#[derive(Debug)]
pub struct Verdict {
    /// What was compared: a ratio for the limits that are one, otherwise the median.
    pub figure: f64,
    pub met: bool,
}

/// Judges a goal; `None` where the subject or what it is compared with was not measured.
pub fn judge(goal: &Goal, all: &[Series]) -> Option<Verdict> {
    let subject = find(goal.metric, goal.subject, all)?;
    let median = subject.samples.median();
    let figure = match goal.limit {
        Limit::Times(line, _) => median / find(goal.metric, line, all)?.samples.median(),
        Limit::AtMost(_) | Limit::AtLeast(_) => median,
    };
    Some(Verdict { figure, met: goal.limit.holds(figure, subject.metric.1) })
}

/// Returns one line with the goals that are met, missed and not judged.
pub fn summary(goals: &[Goal], all: &[Series]) -> String {
    standings(goals.iter().map(|goal| {
        let name = format!("{}[{}]", goal.metric, goal.subject);
        (name, judge(goal, all).map(|verdict| verdict.met))
    }))
}

/// Returns one line with the names of what is met, missed and not judged.
pub fn standings(goals: impl IntoIterator<Item = (String, Option<bool>)>) -> String {
    let (mut met, mut missed, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (name, standing) in goals {
        match standing {
            Some(true) => met.push(name),
            Some(false) => missed.push(name),
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
    use super::*;
    use crate::{Metric, Role, Samples, Unit};

    const TIME: Metric = Metric("call", Unit::Microseconds);
    const RATE: Metric = Metric("crowd", Unit::ThousandsPerSecond);

    fn judged(
        metric: Metric,
        limit: Limit,
        figures: &[(&'static str, f64)],
    ) -> Option<(f64, bool)> {
        let series = |&(target, figure)| Series {
            metric,
            target,
            role: Role::Subject,
            samples: Samples::new(vec![figure]),
        };
        let all: Vec<Series> = figures.iter().map(series).collect();
        let goal = Goal::new(metric.0, "ours", limit);
        judge(&goal, &all).map(|verdict| (verdict.figure, verdict.met))
    }

    #[test]
    fn times_are_met_from_below_and_rates_from_above() {
        let call = |ours| judged(TIME, Limit::Times("raw", 1.4), &[("ours", ours), ("raw", 20.0)]);
        assert_eq!(call(28.0), Some((1.4, true)));
        assert_eq!(call(30.0), Some((1.5, false)));
        let crowd =
            |ours| judged(RATE, Limit::Times("raw", 0.75), &[("ours", ours), ("raw", 200.0)]);
        assert_eq!(crowd(150.0), Some((0.75, true)));
        assert_eq!(crowd(140.0), Some((0.7, false)));
    }

    #[test]
    fn limits_without_a_line_are_judged_alone() {
        assert_eq!(judged(TIME, Limit::AtMost(5.0), &[("ours", 5.5)]), Some((5.5, false)));
        assert_eq!(judged(RATE, Limit::AtLeast(5.0), &[("ours", 5.5)]), Some((5.5, true)));
    }

    #[test]
    fn nothing_is_judged_without_the_figures_that_it_takes() {
        assert_eq!(judged(TIME, Limit::Times("raw", 1.4), &[("ours", 20.0)]), None);
        assert_eq!(judged(TIME, Limit::AtMost(1.4), &[("raw", 20.0)]), None);
    }
}
