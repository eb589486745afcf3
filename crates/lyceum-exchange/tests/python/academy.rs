//! Scripts with unmodified academy-py 1.0.0.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::environment::Environment;

const ACADEMY: Environment = Environment {
    name: "academy-3.12",
    versions: &["3.12", "3.13", "3.11"],
    packages: &["academy-py==1.0.0"],
};

/// Returns how a script of the folder of tests is run; `None` if this machine has no such Python.
/// It ends with what is made of this, and finds the modules that lie beside this file.
pub(crate) fn script(path: &str) -> Option<Command> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut command = Command::new(ACADEMY.python()?);
    command.arg(tests.join(path)).env("PYTHONPATH", tests.join("python"));
    // Nothing is written beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).kill_on_drop(true);
    Some(command)
}

/// Checks the end of a script, which fails unless all of its assertions hold.
#[track_caller]
pub(crate) fn check(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.ends_with("all is well\n"), "{said}\n{wrong}");
}
