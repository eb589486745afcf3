//! A Python with Academy.

use std::process::Command;

use lyceum_bench_figures::python::Environment;

const ACADEMY: Environment = Environment {
    name: "academy",
    versions: &["3.12", "3.13", "3.11"],
    packages: &["academy-py==1.0.0"],
};

/// Returns how the script for Academy is run.
///
/// # Errors
///
/// Says why it cannot be.
pub fn script(arguments: &[&str]) -> Result<Command, String> {
    let mut command = Command::new(ACADEMY.interpreter()?);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/academy_bench.py")).args(arguments);
    Ok(command)
}
