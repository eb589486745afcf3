//! What a child says, in one line of JSON, in Rust as in Python.

use serde::{Deserialize, Serialize};

/// What a child says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// In the order of the case's metrics.
    pub figures: Vec<f64>,
    /// How many moved in each step of a city, those of the warm-up first: whether all did the same.
    pub moved: Vec<u64>,
    /// Why it does nothing.
    pub not_run: Option<String>,
}

impl Said {
    /// Says figures without a city.
    pub fn figures(figures: impl Into<Vec<f64>>) -> Self {
        Self { figures: figures.into(), ..Self::default() }
    }
}
