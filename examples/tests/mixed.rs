//! Agents in Python and in Rust call each other.

#[path = "../../crates/lyceum-exchange/tests/python/environment.rs"]
mod environment;

use environment::Environment;

/// The real Academy.
const ACADEMY: Environment = Environment {
    name: "academy-3.12",
    versions: &["3.12", "3.13", "3.11"],
    packages: &["academy-py==1.0.0"],
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_in_python_and_in_rust_call_each_other() -> lyceum::Result<()> {
    let Some(python) = ACADEMY.python() else { return Ok(()) };
    let expected = [
        "python: the station says 22.0",
        "python: the archive has ['cellar: 21', 'cellar: 22', 'cellar: 23']",
        "python: it failed: String: a mean of no readings",
        "rust: 3 readings were kept",
    ];
    assert_eq!(examples::mixed::run(&python).await?, expected);
    Ok(())
}
