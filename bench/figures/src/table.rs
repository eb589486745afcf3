//! Series as aligned tables with ratios, goals and verdicts.

use std::fmt::Write;

use crate::series::find;
use crate::text::{align, cell, judged, judged_cell, number};
use crate::{Goal, Limit, Metric, Results, Role, Series, judge};

/// Renders one table for each metric, then who was not run and why. Others are held against the
/// target that is the `baseline`.
pub fn render(metrics: &[Metric], results: &Results, goals: &[Goal], baseline: &str) -> String {
    let table = |&metric| align(&rows(metric, &results.series, goals, baseline));
    let mut text = metrics.iter().map(table).collect::<Vec<_>>().join("\n");
    for gap in &results.gaps {
        writeln!(text, "not run: {}, because {}", gap.target, gap.reason)
            .expect("a string takes all");
    }
    text
}

/// Returns the header, and a row for each target.
fn rows(metric: Metric, all: &[Series], goals: &[Goal], baseline: &str) -> Vec<Vec<String>> {
    let Metric(name, unit) = metric;
    let header = [format!("{name} ({unit})"), "median".into(), "ratio".into(), "goal".into()];
    let mut rows = vec![[&header[..], &[String::new()]].concat()];
    for series in all.iter().filter(|series| series.metric == metric) {
        let goal = Goal::find(goals, name, series.target);
        let [median, ratio, limit, standing] = match goal.filter(|_| series.role == Role::Subject) {
            Some(goal) => against_goal(goal, series, all),
            None => against(baseline, series, all),
        };
        rows.push(vec![series.target.into(), median, ratio, limit, standing]);
    }
    rows
}

/// Returns the median, the ratio, the goal and the verdict of a subject.
fn against_goal(goal: &Goal, series: &Series, all: &[Series]) -> [String; 4] {
    let verdict = judge(goal, all);
    let standing = verdict.as_ref().map_or("not judged", |verdict| match verdict.met {
        true => "met",
        false => "missed",
    });
    let unit = series.metric.1;
    let holds = |figure| goal.limit.holds(figure, unit);
    let alone = || judged_cell(&series.samples, holds);
    let (median, ratio, limit) = match goal.limit {
        Limit::Times(line, limit) => {
            let ratio = verdict.map_or("-".into(), |verdict| {
                format!("{} x {line}", judged(verdict.figure, holds))
            });
            let bound = if unit.is_rate() { ">=" } else { "<=" };
            let aim = goal.aim.map_or(String::new(), |aim| format!(", aim {aim}"));
            (cell(&series.samples), ratio, format!("{bound} {limit}{aim}"))
        }
        Limit::AtMost(limit) => (alone(), "-".into(), format!("<= {limit} {unit}")),
        Limit::AtLeast(limit) => (alone(), "-".into(), format!(">= {limit} {unit}")),
    };
    [median, ratio, limit, standing.to_owned()]
}

/// Returns the median of another one, and how it stands to the baseline, where both were measured.
fn against(baseline: &str, series: &Series, all: &[Series]) -> [String; 4] {
    let line = find(series.metric.0, baseline, all).filter(|line| line.target != series.target);
    let line = line.filter(|_| series.role != Role::Subject);
    let ratio = line.map_or("-".into(), |line| {
        format!("{} x {}", number(series.samples.median() / line.samples.median()), line.target)
    });
    [cell(&series.samples), ratio, "-".into(), String::new()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gap, Samples, Unit};

    #[test]
    fn each_row_has_its_ratio_its_goal_and_its_verdict() {
        let metric = Metric("crowd_64", Unit::ThousandsPerSecond);
        let series =
            |target, role, figures| Series { metric, target, role, samples: Samples::new(figures) };
        let results = Results {
            series: vec![
                series("ours", Role::Subject, vec![180.0, 150.0, 160.0]),
                series("raw", Role::Reference, vec![200.0]),
                series("other", Role::Peer, vec![80.0]),
            ],
            gaps: vec![Gap { target: "third", reason: "this machine has none".into() }],
        };
        let goals = [Goal::new("crowd_64", "ours", Limit::Times("raw", 0.75)).aim(0.85)];

        let expected = "\
crowd_64 (k/s)  median         ratio              goal
ours      160 (150-180)  0.800 x raw    >= 0.75, aim 0.85  met
raw         200 (200-200)  1.25 x ours  -
other           80.0 (80.0-80.0)  0.500 x ours -
not run: third, because this machine has none
";
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = render(&[metric], &results, &goals, "ours");
        assert_eq!(squeeze(&text), squeeze(expected));
    }

    #[test]
    fn figures_that_miss_a_goal_by_little_are_not_shown_as_the_goal() {
        let metric = Metric("turns", Unit::MillionsPerSecond);
        let series = |target, role, figure| Series {
            metric,
            target,
            role,
            samples: Samples::new(vec![figure]),
        };
        let all =
            || vec![series("two", Role::Subject, 18.96), series("one", Role::Reference, 10.0)];
        let results = Results { series: all(), gaps: Vec::new() };
        let row = |limit| {
            let text = render(&[metric], &results, &[Goal::new("turns", "two", limit)], "two");
            text.lines()
                .nth(1)
                .expect("it has a row")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let ratio = row(Limit::Times("one", 1.9));
        assert_eq!(ratio, "two 19.0 (19.0-19.0) 1.896 x one >= 1.9 missed");
        let alone = row(Limit::AtLeast(19.0));
        assert_eq!(alone, "two 18.96 (19.0-19.0) - >= 19 M/s missed");
    }
}
