//! What Lyceum is held to.

use lyceum_bench_figures::Goal;
use lyceum_bench_figures::Limit::{AtMost, Times};

/// All goals, in the order of the cases.
pub const GOALS: &[Goal] = &[
    Goal::new("call_p50", "lyceum_tcp", Times("raw_tcp", 1.4)),
    Goal::new("call_p50", "lyceum_unix", Times("raw_unix", 1.4)),
    Goal::new("crowd_64", "lyceum_tcp", Times("raw_tcp", 0.75)).aim(0.85),
    Goal::new("crowd_64", "lyceum_unix", Times("raw_unix", 0.75)).aim(0.85),
    Goal::new("echo_1_mib", "lyceum_tcp", Times("raw_tcp", 1.2)),
    Goal::new("echo_1_mib", "lyceum_unix", Times("raw_unix", 1.2)),
    Goal::new("ping_p99", "lyceum_tcp", AtMost(5.0)),
    Goal::new("ping_p99", "lyceum_unix", AtMost(5.0)),
    Goal::new("aiomas_call", "lyceum_aiomas", Times("aiomas", 5.0)),
    Goal::new("aiomas_call", "aiomas_to_lyceum", Times("aiomas", 1.5)),
    Goal::new("aiomas_flight_100", "lyceum_aiomas", Times("aiomas", 4.0)),
    Goal::new("clock_wake_ups", "lyceum", Times("aiomas", 20.0)),
    Goal::new("handle", "lyceum_tcp", AtMost(100.0)),
    Goal::new("killed", "lyceum_tcp", AtMost(100.0)),
    Goal::new("killed", "lyceum_unix", AtMost(100.0)),
];

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use lyceum_bench_figures::{Case as _, Role, unmeasured};

    use super::*;
    use crate::case::Case;
    use crate::targets;

    #[test]
    fn goals_name_what_is_measured_of_a_subject() {
        let unmeasured = unmeasured::<Case>();
        assert!(unmeasured.is_empty(), "{unmeasured:?}");
    }

    #[test]
    fn each_case_of_a_subject_has_a_goal() {
        let subjects = targets::ALL.iter().filter(|target| target.role == Role::Subject);
        for subject in subjects {
            for case in Case::value_variants().iter().filter(|case| subject.cases.contains(case)) {
                let mut metrics = case.metrics().iter();
                let has_goal =
                    metrics.any(|metric| Goal::find(GOALS, metric.0, subject.name).is_some());
                assert!(
                    has_goal || (subject.name, *case) == ("aiomas_to_lyceum", Case::AiomasFlight),
                    "{} {case:?}",
                    subject.name
                );
            }
        }
    }
}
