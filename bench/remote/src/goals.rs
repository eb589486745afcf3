//! What Lyceum is held to.

/// One goal: a metric of a target, and the limit that it must keep.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub metric: &'static str,
    pub subject: &'static str,
    pub limit: Limit,
    /// What the ratio of a [`Limit::OfLine`] aims at.
    pub aim: Option<f64>,
}

/// What the median is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The median of this target, times a factor; more or less than that, as the unit says.
    Times(&'static str, f64),
    /// At most this, in the metric's unit.
    AtMost(f64),
}

use Limit::{AtMost, Times};

/// All goals, in the order of the cases.
pub const GOALS: &[Goal] = &[
    goal("call_p50", "lyceum_tcp", Times("raw_tcp", 1.4)),
    goal("call_p50", "lyceum_unix", Times("raw_unix", 1.4)),
    goal("crowd_64", "lyceum_tcp", Times("raw_tcp", 0.75)).aim(0.85),
    goal("crowd_64", "lyceum_unix", Times("raw_unix", 0.75)).aim(0.85),
    goal("echo_1_mib", "lyceum_tcp", Times("raw_tcp", 1.2)),
    goal("echo_1_mib", "lyceum_unix", Times("raw_unix", 1.2)),
    goal("ping_p99", "lyceum_tcp", AtMost(5.0)),
    goal("ping_p99", "lyceum_unix", AtMost(5.0)),
    goal("aiomas_call", "lyceum_aiomas", Times("aiomas", 5.0)),
    goal("aiomas_call", "aiomas_to_lyceum", Times("aiomas", 1.5)),
    goal("aiomas_flight_100", "lyceum_aiomas", Times("aiomas", 4.0)),
    goal("clock_wake_ups", "lyceum", Times("aiomas", 20.0)),
    goal("handle", "lyceum_tcp", AtMost(100.0)),
    goal("killed", "lyceum_tcp", AtMost(100.0)),
    goal("killed", "lyceum_unix", AtMost(100.0)),
];

const fn goal(metric: &'static str, subject: &'static str, limit: Limit) -> Goal {
    Goal { metric, subject, limit, aim: None }
}

impl Goal {
    const fn aim(self, figure: f64) -> Self {
        Self { aim: Some(figure), ..self }
    }

    /// Returns the goal for a metric of a target, if there is one.
    pub fn of(metric: &str, subject: &str) -> Option<&'static Self> {
        GOALS.iter().find(|goal| goal.metric == metric && goal.subject == subject)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::case::Case;
    use crate::targets::{self, Role};

    #[test]
    fn goals_name_what_is_measured_of_a_subject() {
        for goal in GOALS {
            let is_measured = |name: &str| {
                let named = targets::ALL.iter().filter(|target| target.name == name);
                let mut metrics =
                    named.flat_map(|target| target.cases).flat_map(|case| case.metrics());
                metrics.any(|metric| metric.0 == goal.metric)
            };
            assert!(is_measured(goal.subject), "{goal:?}");
            if let Times(line, _) = goal.limit {
                assert!(is_measured(line), "{goal:?}");
            }
        }
    }

    #[test]
    fn each_case_of_a_subject_has_a_goal() {
        let subjects = targets::ALL.iter().filter(|target| target.role == Role::Subject);
        for subject in subjects {
            for case in Case::value_variants().iter().filter(|case| subject.cases.contains(case)) {
                let mut metrics = case.metrics().iter();
                let has_goal = metrics.any(|metric| Goal::of(metric.0, subject.name).is_some());
                assert!(
                    has_goal || (subject.name, *case) == ("aiomas_to_lyceum", Case::AiomasFlight),
                    "{} {case:?}",
                    subject.name
                );
            }
        }
    }
}
