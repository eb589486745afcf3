//! The environment of scenarios of mosaik.

use crate::environment::Environment;

/// mosaik, and what plots.
pub(crate) const MOSAIK: Environment = Environment {
    name: "mosaik",
    versions: &["3.11", "3.12", "3.10"],
    packages: &["mosaik==3.6.0", "mosaik-api-v3==3.0.16", "matplotlib"],
};
