//! Every target runs every case that it can.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const CT: &str = "current-thread";
const MT: &str = "multi-thread";
const MAIN: &str = "main";

#[test]
fn ask_idle() {
    check("ask_idle", &["ask_idle"], &[CT, MT], &["stakker"]);
}

#[test]
fn ask_main() {
    check("ask_main", &["ask_main"], &[MAIN], &[]);
}

#[test]
fn ask_100() {
    check("ask_100", &["ask_100"], &[CT, MT], &["stakker"]);
}

#[test]
fn suspend() {
    check("suspend", &["suspend"], &[CT, MT], &["stakker"]);
}

#[test]
fn suspend_main() {
    check("suspend_main", &["suspend_main"], &[MAIN], &[]);
}

#[test]
fn ring() {
    check("ring", &["ring"], &[CT, MT], &["stakker"]);
}

#[test]
fn two_threads() {
    check("two_threads", &["two_threads"], &[MT], &[]);
}

#[test]
fn tell_1() {
    check("tell_1", &["tell_1"], &[CT, MT], &["stakker"]);
}

#[test]
fn tell_100() {
    check("tell_100", &["tell_100"], &[CT, MT], &["stakker"]);
}

#[test]
fn compute_pair() {
    check("compute_pair", &["compute_pair", "compute_pair_next"], &[MT], &[]);
}

#[test]
fn launch() {
    check("launch", &["launch"], &[CT, MT], &["stakker"]);
}

#[test]
fn memory() {
    check("memory", &["memory"], &[CT], &["stakker"]);
}

#[test]
fn million() {
    let metrics =
        ["million_launch", "million_tell", "million_stop", "million_idle", "million_peak"];
    check("million", &metrics, &[CT, MT], &["stakker"]);
}

#[test]
fn timers() {
    let rows = run("timers");
    assert_eq!(rows, [row("timers", "lyceum", CT), row("timers", "raw_tokio", CT)]);
}

/// Runs one case and asserts who has a figure: frameworks everywhere, actix on one thread only,
/// and the given `references` there too.
fn check(case: &str, metrics: &[&str], places: &[&str], references: &[&str]) {
    let mut expected = Vec::new();
    for &metric in metrics {
        for &place in places {
            let mut targets = vec!["lyceum", "ractor", "kameo", "xtra", "raw_tokio"];
            if place == CT {
                targets.push("actix");
                targets.extend(references);
            }
            expected.extend(targets.iter().map(|target| row(metric, target, place)));
        }
    }
    expected.sort();
    assert_eq!(run(case), expected);
}

fn row(metric: &str, target: &str, place: &str) -> [String; 3] {
    [metric, target, place].map(str::to_owned)
}

/// Runs one round of a case with tiny counts and returns its rows, sorted.
fn run(case: &str) -> Vec<[String; 3]> {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}.json"));
    let output = Command::new(env!("CARGO_BIN_EXE_lyceum-bench"))
        .args(["core", "--quick", "--rounds", "1", "--case", case, "--json"])
        .arg(&file)
        .output()
        .expect("the benchmark starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let mut rows: Vec<[String; 3]> = json.as_array().unwrap().iter().map(key).collect();
    rows.sort();
    rows
}

fn key(row: &Value) -> [String; 3] {
    let (low, median, high) = (&row["min"], &row["median"], &row["max"]);
    let positive = |figure: &Value| figure.as_f64().is_some_and(|figure| figure >= 0.0);
    assert!(positive(low) && positive(median) && positive(high), "{row}");
    assert_eq!(row["rounds"], 1);
    ["case", "target", "runtime"].map(|field| row[field].as_str().unwrap().to_owned())
}
