//! Every case that needs nothing but Lyceum runs, and leaves all its figures.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

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
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{case}.json"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-exchanges"));
    command.args(["exchanges", "--quick", "--rounds", "1", "--case", case, "--target", "lyceum"]);
    command.arg("--data").arg(folder.join(case)).arg("--json").arg(&file);
    let output = command.output().expect("the benchmark starts");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));

    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let found: Vec<&str> = rows.iter().map(|row| row["case"].as_str().unwrap()).collect();
    assert_eq!(found, metrics, "{}", String::from_utf8_lossy(&said));
    for row in &rows {
        assert!(row["median"].as_f64().is_some_and(|figure| figure >= 0.0), "{row}");
    }
}
