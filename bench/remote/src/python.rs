//! A Python with aiomas.

use std::path::PathBuf;

use lyceum_bench_figures::python::Environment;

/// The version is the one that all of aiomas runs on.
const AIOMAS: Environment = Environment {
    name: "aiomas",
    versions: &["3.8"],
    packages: &["aiomas==2.0.1", "arrow<0.14", "msgpack<1", "blosc==1.11.1"],
};

/// Returns the script that is both ends of aiomas.
pub fn script() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/python/aiomas_bench.py")
}

/// Returns an interpreter that has aiomas.
///
/// # Errors
///
/// Says why there is none.
pub fn interpreter() -> Result<PathBuf, String> {
    AIOMAS.interpreter()
}
