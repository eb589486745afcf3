//! Every case runs with what needs no peer, and leaves all its figures.

use lyceum_bench_figures::smoke::Smoke;

#[test]
fn own_event() {
    check("own_event", &["own_event_steps"], &["lyceum"]);
}

#[test]
fn fan_out() {
    check("fan_out", &["fan_out_100"], &["lyceum"]);
}

#[test]
fn idle() {
    check("idle", &["idle_agent", "listener"], &["lyceum"]);
}

#[test]
fn schelling() {
    let metrics = ["schelling_step", "schelling_turns", "schelling_memory"];
    let said = check("schelling", &metrics, &["lyceum"]);
    assert!(said.contains("moved at lyceum, step by step: "), "{said}");
}

#[test]
fn side_by_side() {
    check("side_by_side", &["side_by_side_turns"], &["lyceum", "one_universe"]);
}

#[test]
fn campaign() {
    check("campaign", &["campaign_session"], &["lyceum", "plain"]);
}

/// Runs one round of a case with tiny counts, asserts that all targets have all figures, and
/// returns what was said.
fn check(case: &str, metrics: &[&str], targets: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_lyceum-bench-universe");
    let smoke = Smoke { program, suite: "universe", folder: env!("CARGO_TARGET_TMPDIR") };
    smoke.check(case, metrics, targets, &[])
}
