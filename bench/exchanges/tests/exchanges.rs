//! Every case that needs nothing but Lyceum runs, and leaves all its figures.

use std::path::Path;

use lyceum_bench_figures::smoke::Smoke;

#[test]
fn server_call() {
    check("server_call", &["server_call_p50"]);
}

#[test]
fn server_crowd() {
    check("server_crowd", &["server_crowd_64", "server_cpu"]);
}

#[test]
fn durable_call() {
    check("durable_call", &["durable_puts"]);
}

#[test]
fn durable_crowd() {
    check("durable_crowd", &["durable_puts_64"]);
}

#[test]
fn launch_node() {
    check("launch_node", &["launch_node"]);
}

#[test]
fn launch_processes() {
    check("launch_processes", &["launch_processes"]);
}

/// Runs one round of a case with tiny counts and asserts that Lyceum has all figures.
fn check(case: &str, metrics: &[&str]) {
    let (program, folder) =
        (env!("CARGO_BIN_EXE_lyceum-bench-exchanges"), env!("CARGO_TARGET_TMPDIR"));
    let data = Path::new(folder).join(case);
    let data = data.to_str().expect("the folder's name is text");
    let smoke = Smoke { program, suite: "exchanges", folder };
    smoke.check(case, metrics, &["lyceum"], &["--data", data]);
}
