//! The suite runs to its end, and says what it measured.

use std::process::Command;

#[test]
fn few_sessions_run_in_all_three_ways() {
    let output = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-sessions"))
        .args(["sessions", "--quick"])
        .output()
        .expect("the suite is built");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    for name in ["session-of-nothing", "session-of-10-ms"] {
        assert_eq!(text.matches(name).count(), 1, "{text}");
    }
    for way in ["std", "lyceum-bare", "lyceum-sandbox"] {
        assert_eq!(text.lines().filter(|line| line.trim().starts_with(way)).count(), 2, "{text}");
    }
}
