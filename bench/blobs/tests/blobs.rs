//! The suite runs to its end, and says what it measured.

use std::process::Command;

#[test]
fn short_chain_moves_its_blob_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_lyceum-bench-blobs"))
        .args(["blobs", "--agents", "3", "--mebibytes", "8"])
        .output()
        .expect("the suite is built");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("8 MiB through 3 agents"), "{text}");
    assert!(text.contains("1.000 times its size"), "{text}");
}
