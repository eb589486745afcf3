//! The figures as aligned text.

use std::fmt::Write;

use lyceum_bench_figures::Metric;
use lyceum_bench_figures::text::{align, cell, number};

use crate::case::Case;
use crate::goals::{Goal, Limit};
use crate::rounds::{Results, Series};
use crate::targets::Role;
use crate::verdict;

/// Renders one table for each metric of the case, then who was not run and why.
pub fn render(case: Case, results: &Results) -> String {
    let tables = case.metrics().iter().map(|&metric| align(&rows(metric, &results.series)));
    let mut text = tables.collect::<Vec<_>>().join("\n");
    for gap in &results.gaps {
        writeln!(text, "not run: {}, because {}", gap.target, gap.reason)
            .expect("a string takes all");
    }
    text
}

/// Returns the header, and a row for each target.
fn rows(metric: Metric, all: &[Series]) -> Vec<Vec<String>> {
    let Metric(name, unit) = metric;
    let mut rows = vec![
        [format!("{name} ({unit})"), "median".into(), "ratio".into(), "goal".into(), "".into()]
            .to_vec(),
    ];
    for series in all.iter().filter(|series| series.metric == metric) {
        let goal = Goal::of(name, series.target).filter(|_| series.role == Role::Subject);
        let [ratio, limit, standing] = match goal {
            Some(goal) => judged(goal, metric, all),
            None => against_lyceum(series, all),
        };
        rows.push(vec![series.target.into(), cell(&series.samples), ratio, limit, standing]);
    }
    rows
}

/// Returns the ratio, the goal and the verdict of a subject.
fn judged(goal: &Goal, metric: Metric, all: &[Series]) -> [String; 3] {
    let verdict = verdict::judge(goal, all);
    let standing = verdict.as_ref().map_or("not judged", |verdict| match verdict.met {
        true => "met",
        false => "missed",
    });
    let (rate, unit) = (metric.1.is_rate(), metric.1);
    let (ratio, limit) = match goal.limit {
        Limit::Times(line, limit) => {
            let ratio = verdict.map_or("-".into(), |verdict| times(verdict.figure, line));
            let bound = if rate { ">=" } else { "<=" };
            let aim = goal.aim.map_or(String::new(), |aim| format!(", aim {aim}"));
            (ratio, format!("{bound} {limit}{aim}"))
        }
        Limit::AtMost(limit) => ("-".into(), format!("<= {limit} {unit}")),
    };
    [ratio, limit, standing.to_owned()]
}

/// Returns how the other one stands to Lyceum, where both were measured.
fn against_lyceum(series: &Series, all: &[Series]) -> [String; 3] {
    let lyceum = verdict::find(series.metric.0, "lyceum_tcp", all);
    let lyceum = lyceum.filter(|_| series.role != Role::Subject);
    let ratio = lyceum.map_or("-".into(), |lyceum| {
        times(series.samples.median() / lyceum.samples.median(), lyceum.target)
    });
    [ratio, "-".into(), String::new()]
}

fn times(ratio: f64, line: &str) -> String {
    format!("{} x {line}", number(ratio))
}

#[cfg(test)]
mod tests {
    use lyceum_bench_figures::Samples;

    use super::*;
    use crate::rounds::Gap;

    #[test]
    fn each_row_has_its_ratio_its_goal_and_its_verdict() {
        let metric = Case::Crowd.metrics()[0];
        let series =
            |target, role, figures| Series { metric, target, role, samples: Samples::new(figures) };
        let results = Results {
            series: vec![
                series("lyceum_tcp", Role::Subject, vec![180.0, 150.0, 160.0]),
                series("raw_tcp", Role::Reference, vec![200.0]),
                series("tarpc", Role::Peer, vec![80.0]),
            ],
            gaps: vec![Gap { target: "nats", reason: "this machine has none".into() }],
        };

        let expected = "\
crowd_64 (k/s)  median         ratio              goal
lyceum_tcp      160 (150-180)  0.800 x raw_tcp    >= 0.75, aim 0.85  met
raw_tcp         200 (200-200)  1.25 x lyceum_tcp  -
tarpc           80.0 (80.0-80.0)  0.500 x lyceum_tcp -
not run: nats, because this machine has none
";
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&render(Case::Crowd, &results)), squeeze(expected));
    }
}
