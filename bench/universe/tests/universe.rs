//! Every case runs with what needs no peer, and leaves all its figures.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

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

/// Runs one round of a case with tiny counts, asserts that all targets have all figures, and
/// returns what was said.
fn check(case: &str, metrics: &[&str], targets: &[&str]) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-universe"));
    command.args(["universe", "--quick", "--rounds", "1", "--case", case, "--json"]).arg(&file);
    for target in targets {
        command.args(["--target", target]);
    }
    let output = command.output().expect("the benchmark starts");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");

    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let found: Vec<[&str; 2]> = rows.iter().map(key).collect();
    let of = |target| metrics.iter().map(move |metric| [*metric, target]);
    let expected: Vec<[&str; 2]> = targets.iter().copied().flat_map(of).collect();
    assert_eq!(found, expected, "{said}");
    said
}

fn key(row: &Value) -> [&str; 2] {
    assert!(row["median"].as_f64().is_some_and(|figure| figure >= 0.0), "{row}");
    ["case", "target"].map(|field| row[field].as_str().unwrap())
}
