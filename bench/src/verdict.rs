//! Which goals Lyceum meets.

use lyceum_bench_figures::standings;

use crate::case::Place;
use crate::goals::{GOALS, Goal, Limit};
use crate::rounds::Series;
use crate::targets::Role;

/// How a goal stands.
pub struct Verdict {
    /// What was compared: a ratio for the limits that are one, otherwise the median.
    pub figure: f64,
    pub met: bool,
}

/// Judges a goal; `None` where the subject or what it is compared with was not measured.
pub fn judge(goal: &Goal, all: &[Series]) -> Option<Verdict> {
    let here = |series: &&Series| series.metric.0 == goal.metric && series.place == goal.place;
    let subject = all.iter().filter(here).find(|series| series.role == Role::Subject)?.median();
    let figure = match goal.limit {
        Limit::PeerRatio(_) | Limit::BelowPeers => {
            subject / fastest_peer(goal.metric, goal.place, all)?.median()
        }
        Limit::NotAbove(name) => {
            subject / all.iter().filter(here).find(|series| series.target == name)?.median()
        }
        Limit::AtMost(_) | Limit::AtLeast(_) | Limit::Between(..) => subject,
    };
    Some(Verdict { figure, met: goal.limit.holds(figure) })
}

/// Returns the peer with the lowest median; reference lines are no peers.
pub fn fastest_peer<'a>(metric: &str, place: Place, all: &'a [Series]) -> Option<&'a Series> {
    all.iter()
        .filter(|series| series.metric.0 == metric && series.place == place)
        .filter(|series| series.role == Role::Peer)
        .min_by(|a, b| a.median().total_cmp(&b.median()))
}

/// Returns one line with the goals that are met, missed and not judged.
pub fn summary(all: &[Series]) -> String {
    if all.iter().all(|series| series.role != Role::Subject) {
        return "goals: none judged, lyceum was not measured".to_owned();
    }
    standings(GOALS.iter().map(|goal| {
        let name = format!("{}[{}]", goal.metric, goal.place);
        (name, judge(goal, all).map(|verdict| verdict.met))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;

    fn judged(case: Case, figures: &[(&'static str, Role, f64)]) -> Option<(f64, bool)> {
        let (metric, place) = (case.metrics()[0], case.places()[0]);
        let all: Vec<Series> = figures
            .iter()
            .map(|&(target, role, figure)| Series::new(metric, target, role, place, vec![figure]))
            .collect();
        let goal = Goal::of(metric.0, place).expect("every metric has a goal");
        judge(goal, &all).map(|verdict| (verdict.figure, verdict.met))
    }

    #[test]
    fn ratio_is_taken_to_the_fastest_peer_and_to_no_reference_line() {
        let figures = [
            ("lyceum", Role::Subject, 60.0),
            ("slow", Role::Peer, 300.0),
            ("fast", Role::Peer, 100.0),
            ("raw_tokio", Role::Reference, 10.0),
        ];
        assert_eq!(judged(Case::AskIdle, &figures), Some((0.6, false)));
        assert_eq!(judged(Case::Ask100, &figures), Some((0.6, true)));
    }

    #[test]
    fn call_from_main_is_held_against_the_raw_channel() {
        let figures = [
            ("lyceum", Role::Subject, 60.0),
            ("fast", Role::Peer, 50.0),
            ("raw_tokio", Role::Reference, 60.0),
        ];
        assert_eq!(judged(Case::SuspendMain, &figures), Some((1.0, true)));
    }

    #[test]
    fn throughput_is_met_from_above_and_time_from_below() {
        assert_eq!(judged(Case::Timers, &[("lyceum", Role::Subject, 2.9)]), Some((2.9, false)));
        assert_eq!(judged(Case::Memory, &[("lyceum", Role::Subject, 201.0)]), Some((201.0, false)));
        assert_eq!(judged(Case::ComputePair, &[("lyceum", Role::Subject, 1.3)]), Some((1.3, true)));
    }

    #[test]
    fn nothing_is_judged_without_the_figures_that_it_takes() {
        assert_eq!(judged(Case::AskIdle, &[("lyceum", Role::Subject, 60.0)]), None);
        assert_eq!(judged(Case::Memory, &[("fast", Role::Peer, 60.0)]), None);
    }
}
