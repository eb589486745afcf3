//! What a child says, in one line of JSON, in Rust as in Python.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// What a child says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Where it serves: HOST:PORT, or the number of an agent, or a URL.
    pub address: Option<String>,
    /// Which process serves, if it is not the child.
    pub process: Option<u32>,
    pub figures: Vec<f64>,
    /// How many calls were made for them.
    pub calls: u64,
    /// Why it does nothing.
    pub not_run: Option<String>,
}

impl Said {
    /// Says where it is.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..Self::default() }
    }

    /// Says it to the parent.
    pub fn say(&self) {
        println!("{}", serde_json::to_string(self).expect("figures are finite"));
        io::stdout().flush().expect("the parent listens");
    }
}
