//! Every target that is built without the peers runs every case that it takes part in.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

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
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-remote"));
    command.args(["remote", "--quick", "--rounds", "1", "--case", case, "--json"]).arg(&file);
    for target in targets {
        command.args(["--target", target]);
    }
    let output = command.output().expect("the benchmark starts");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));

    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let found: Vec<[&str; 2]> = rows.iter().map(key).collect();
    let of = |metric| targets.iter().map(move |target| [metric, *target]);
    let mut expected: Vec<[&str; 2]> = metrics.iter().copied().flat_map(of).collect();
    expected.sort_unstable();
    let mut sorted = found.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected, "{}", String::from_utf8_lossy(&said));
}

fn key(row: &Value) -> [&str; 2] {
    let positive = |figure: &Value| figure.as_f64().is_some_and(|figure| figure >= 0.0);
    assert!(positive(&row["min"]) && positive(&row["median"]) && positive(&row["max"]), "{row}");
    ["case", "target"].map(|field| row[field].as_str().unwrap())
}
