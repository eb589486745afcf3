//! The figures as aligned text.

use std::fmt::Write;

use lyceum_bench_figures::text::{align, judged, judged_cell};

use crate::case::{Case, Metric, Place};
use crate::goals::{Goal, Limit};
use crate::rounds::{Gap, Results, Series};
use crate::targets::Role;
use crate::verdict;

/// Renders one table for each metric of the case, then who was not run and why.
pub fn render(case: Case, results: &Results) -> String {
    let mut blocks: Vec<String> =
        case.metrics().iter().map(|&metric| align(&rows(case, metric, results))).collect();
    if !results.gaps.is_empty() {
        blocks.push(absences(&results.gaps));
    }
    blocks.join("\n")
}

/// Returns a line for each reason, with all whom it keeps from one place.
fn absences(gaps: &[Gap]) -> String {
    let mut text = String::new();
    let mut rest: Vec<&Gap> = gaps.iter().collect();
    while let Some(&first) = rest.first() {
        let alike = |gap: &&&Gap| gap.place == first.place && gap.reason == first.reason;
        let names: Vec<&str> = rest.iter().filter(alike).map(|gap| gap.target).collect();
        let (place, names, reason) = (first.place, names.join(", "), first.reason);
        writeln!(text, "{place}: not run: {names}: {reason}").expect("a string takes all");
        rest.retain(|gap| !alike(&gap));
    }
    text
}

/// Returns the header, a row for each target, the comparison and the goal.
fn rows(case: Case, metric: Metric, results: &Results) -> Vec<Vec<String>> {
    let Metric(name, unit) = metric;
    let places = case.places();
    let mut rows = vec![row(format!("{name} ({unit})"), places, |place| place.to_string())];

    let mut targets: Vec<&str> = Vec::new();
    for series in results.series.iter().filter(|series| series.metric == metric) {
        if !targets.contains(&series.target) {
            targets.push(series.target);
        }
    }
    let of = |target: &str, place: Place| {
        results.series.iter().find(|series| {
            series.metric == metric && series.target == target && series.place == place
        })
    };
    for target in targets {
        rows.push(row(target.to_owned(), places, |place| {
            of(target, place).map_or("-".into(), median)
        }));
    }
    if results.series.iter().any(|series| series.role == Role::Subject) {
        rows.push(row("lyceum / fastest peer".into(), places, |place| ratio(name, place, results)));
        rows.push(row("verdict".into(), places, |place| standing(name, place, results)));
    }
    rows.push(row("goal".into(), places, |place| goal(name, place, metric)));
    rows
}

fn row(head: String, places: &[Place], cell: impl Fn(Place) -> String) -> Vec<String> {
    std::iter::once(head).chain(places.iter().map(|&place| cell(place))).collect()
}

fn ratio(metric: &str, place: Place, results: &Results) -> String {
    let subject = results.series.iter().find(|series| {
        series.role == Role::Subject && series.metric.0 == metric && series.place == place
    });
    let peer = verdict::fastest_peer(metric, place, &results.series);
    match (subject, peer) {
        (Some(subject), Some(peer)) => {
            let limit = Goal::of(metric, place).map(|goal| goal.limit);
            let limit = limit.filter(|limit| limit.is_to_peers());
            let holds = |ratio| limit.is_none_or(|limit| limit.holds(ratio));
            format!("{} ({})", judged(subject.median() / peer.median(), holds), peer.target)
        }
        _ => "-".into(),
    }
}

/// Shows the median of a series, and the least and the most.
fn median(series: &Series) -> String {
    let goal = Goal::of(series.metric.0, series.place);
    let limit = goal.filter(|_| series.role == Role::Subject).map(|goal| goal.limit);
    let limit = limit.filter(|limit| !limit.is_ratio());
    judged_cell(&series.samples, |figure| limit.is_none_or(|limit| limit.holds(figure)))
}

fn standing(metric: &str, place: Place, results: &Results) -> String {
    let goal = Goal::of(metric, place);
    let verdict = goal.and_then(|goal| Some((goal, verdict::judge(goal, &results.series)?)));
    verdict.map_or("-".into(), |(goal, verdict)| {
        let figure = judged(verdict.figure, |figure| goal.limit.holds(figure));
        format!("{}: {figure}", if verdict.met { "met" } else { "missed" })
    })
}

fn goal(name: &str, place: Place, metric: Metric) -> String {
    let Some(goal) = Goal::of(name, place) else { return "-".into() };
    let unit = metric.1;
    let limit = match goal.limit {
        Limit::PeerRatio(limit) => format!("<= {limit} of peer"),
        Limit::BelowPeers => "below every peer".into(),
        Limit::NotAbove(line) => format!("<= {line}"),
        Limit::AtMost(limit) => format!("<= {limit} {unit}"),
        Limit::AtLeast(limit) => format!(">= {limit} {unit}"),
        Limit::Between(low, high) => format!("{low} to {high} {unit}"),
    };
    goal.aim.map_or(limit.clone(), |aim| format!("{limit}, aim {aim}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::NotRun;

    #[test]
    fn subject_is_set_against_the_fastest_peer_and_the_goal() {
        let case = Case::AskMain;
        let series = |target, role, figures| {
            Series::new(case.metrics()[0], target, role, Place::Main, figures)
        };
        let results = Results {
            series: vec![
                series("lyceum", Role::Subject, vec![50.0, 40.0, 45.0]),
                series("ractor", Role::Peer, vec![9_000.0]),
                series("kameo", Role::Peer, vec![30_000.0]),
            ],
            gaps: vec![
                Gap { target: "actix", place: Place::Main, reason: NotRun::OneThread },
                Gap { target: "stakker", place: Place::Main, reason: NotRun::OneThread },
            ],
        };

        let expected = "\
ask_main (ns)                                   main
lyceum                              45.0 (40.0-50.0)
ractor                              9000 (9000-9000)
kameo                            30000 (30000-30000)
lyceum / fastest peer                 0.005 (ractor)
verdict                                   met: 0.005
goal                   <= 0.05 of peer, aim 45

main: not run: actix, stakker: all actors share one thread
";
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&render(case, &results)), squeeze(expected));
    }
}
