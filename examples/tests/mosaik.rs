//! The feeder takes part in a real scenario of mosaik.

#[path = "../../crates/lyceum-exchange/tests/python/environment.rs"]
mod environment;
#[path = "../../crates/lyceum-exchange/tests/python/scenarios.rs"]
mod scenarios;

use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn feeder_stays_under_its_limit_in_mosaik() {
    let Some(python) = scenarios::MOSAIK.python() else { return };
    let png = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("feeder.png");
    // What another run left.
    let _ = std::fs::remove_file(&png);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/mosaik/feeder.py");
    let output = Command::new(python)
        .args([script, env!("CARGO_BIN_EXE_feeder")])
        .arg(&png)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let told = String::from_utf8(output.stdout).unwrap();
    let summary = told.lines().last().unwrap_or_else(|| panic!("nothing was told: {said}"));
    let summary: Value = serde_json::from_str(summary).unwrap();
    let number = |name: &str| summary[name].as_f64().unwrap();

    assert_eq!(summary["steps"], 96);
    assert!(number("wanted") > 500.0, "{summary}");
    assert!(number("flowed") < 450.001, "{summary}");
    assert!(number("paid") > 4.0, "{summary}");
    let plot = std::fs::read(png).unwrap();
    assert!(plot.starts_with(b"\x89PNG"), "the scenario plots what flowed");
}
