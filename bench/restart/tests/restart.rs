//! The suite runs, and no message is missing.

use std::process::Command;

#[test]
fn a_server_that_was_killed_has_every_message() {
    let ran = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-restart"))
        .args(["restart", "--quick"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);

    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("a server with 2000 waiting messages is ready"), "{said}");
}
