//! What Lyceum is held to.

use lyceum_bench_figures::Goal;
use lyceum_bench_figures::Limit::{AtLeast, AtMost, Times};

/// All goals, in the order of the cases.
pub const GOALS: &[Goal] = &[
    Goal::new("own_event_steps", "lyceum", Times("fusil_rules", 30.0)),
    Goal::new("fan_out_100", "lyceum", AtLeast(50.0)),
    Goal::new("idle_agent", "lyceum", AtMost(2.0)),
    // None: the step itself, among so many agents, is all that is left.
    Goal::new("listener", "lyceum", AtMost(0.1)),
    Goal::new("schelling_step", "lyceum", Times("krabmaga", 1.0)),
    Goal::new("schelling_turns", "lyceum", Times("mesa", 100.0)),
    Goal::new("side_by_side_turns", "lyceum", Times("one_universe", 1.9)),
    Goal::new("campaign_session", "lyceum", Times("plain", 1.1)),
];

#[cfg(test)]
mod tests {
    use lyceum_bench_figures::unmeasured;

    use crate::case::Case;

    #[test]
    fn goals_name_what_is_measured() {
        let unmeasured = unmeasured::<Case>();
        assert!(unmeasured.is_empty(), "{unmeasured:?}");
    }
}
