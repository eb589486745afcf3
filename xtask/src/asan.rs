//! Whether this machine can run tests under the address sanitizer.

use std::path::Path;
use std::process::Command;

/// The target that is tested. Naming it keeps build scripts and macros free of the sanitizer.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The tests of the core that reach its cell in every way, on real threads and simulated.
pub(crate) const TESTS: [&str; 19] = [
    "alignment",
    "behaviours",
    "cancel",
    "deadlocks",
    "generations",
    "jobs",
    "links",
    "mailbox",
    "panics",
    "reentrancy",
    "restart",
    "runtimes",
    "stop",
    "streams",
    "stress",
    "supervisors",
    "two_nodes",
    "undelivered",
    "value_behaviours",
];

/// Returns why the sanitizer cannot be used, or `None` if it can.
pub(crate) fn obstacle() -> Option<String> {
    let Some(sysroot) = nightly_sysroot() else {
        return Some("no nightly toolchain is installed".to_owned());
    };
    let libraries = Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib");
    let runtime = libraries.join("librustc-nightly_rt.asan.a");
    (!runtime.exists()).then(|| format!("the nightly toolchain has no sanitizer for {TARGET}"))
}

/// Asks the nightly compiler where it lives. A missing one is not downloaded.
fn nightly_sysroot() -> Option<String> {
    let output = Command::new("rustc")
        .args(["+nightly", "--print", "sysroot"])
        .env("RUSTUP_AUTO_INSTALL", "0")
        .output()
        .ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| sysroot.trim().to_owned())
}
