//! What Lyceum is held to.

use lyceum_bench_figures::Goal;
use lyceum_bench_figures::Limit::{AtLeast, AtMost, Times};

/// All goals, in the order of the cases.
pub const GOALS: &[Goal] = &[
    Goal::new("python_call_p50", "python_on_lyceum", Times("academy", 0.667)),
    Goal::new("python_crowd_64", "python_on_lyceum", Times("academy", 1.5)),
    Goal::new("python_server_cpu", "python_on_lyceum", Times("academy", 0.1)),
    Goal::new("server_call_p50", "lyceum", AtMost(150.0)),
    Goal::new("server_crowd_64", "lyceum", AtLeast(30.0)),
    Goal::new("durable_puts", "lyceum", Times("disk", 0.4)),
    Goal::new("durable_puts_64", "lyceum", AtLeast(50.0)),
    Goal::new("redis_call_p50", "lyceum", Times("redis_ping", 4.0)),
    Goal::new("redis_crowd_64", "lyceum", Times("academy", 25.0)),
    Goal::new("hybrid_call_p50", "lyceum", Times("lyceum_tcp", 2.0)),
    Goal::new("hybrid_crowd_64", "lyceum", Times("academy", 40.0)),
    Goal::new("hybrid_echo_1_mib", "lyceum", AtMost(2.0)),
    Goal::new("launch_node", "lyceum", Times("academy", 100.0)),
    Goal::new("launch_processes", "lyceum", Times("academy", 20.0)),
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
