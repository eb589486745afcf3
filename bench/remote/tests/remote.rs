//! Every target that is built without the peers runs every case that it takes part in.

use lyceum_bench_figures::smoke::Smoke;

const OWN: [&str; 2] = ["lyceum_tcp", "lyceum_unix"];
const RAW: [&str; 2] = ["raw_tcp", "raw_unix"];

#[test]
fn call() {
    check("call", &["call_p50", "call_p99"], &[OWN, RAW].concat());
}

#[test]
fn crowd_64() {
    check("crowd_64", &["crowd_64"], &[OWN, RAW].concat());
}

#[test]
fn echo() {
    check("echo", &["echo_1_mib"], &[OWN, RAW].concat());
}

#[test]
fn ping() {
    check("ping", &["ping_p50", "ping_p99", "echo_100_mib"], &[OWN, RAW].concat());
}

#[test]
fn kill() {
    check("kill", &["killed"], &[OWN, RAW].concat());
}

#[test]
fn aiomas_call() {
    check("aiomas_call", &["aiomas_call"], &["lyceum_aiomas"]);
}

#[test]
fn aiomas_flight() {
    check("aiomas_flight", &["aiomas_flight_100"], &["lyceum_aiomas"]);
}

#[test]
fn clock() {
    check("clock", &["clock_wake_ups"], &["lyceum"]);
}

#[test]
fn handles() {
    check("handles", &["handle"], &["lyceum_tcp"]);
}

/// Runs one round of a case with tiny counts and asserts that all targets have all figures.
fn check(case: &str, metrics: &[&str], targets: &[&str]) {
    let program = env!("CARGO_BIN_EXE_lyceum-bench-remote");
    let smoke = Smoke { program, suite: "remote", folder: env!("CARGO_TARGET_TMPDIR") };
    smoke.check(case, metrics, targets, &[]);
}
