//! What is wrong with a file of agents, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Says why a file describes no fleet.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FleetError {
    /// It cannot be read.
    #[error("cannot read `{}`", file.display())]
    Unread {
        /// Which file.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}", listed(file, faults))]
    Wrong {
        /// Which file.
        file: String,
        /// What is wrong, in the order of the file.
        faults: Vec<FleetFault>,
    },
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FleetFault {
    /// The line, counted from one.
    pub line: usize,
    /// The column, in letters and counted from one.
    pub column: usize,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for FleetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.text)
    }
}

fn listed(file: &str, faults: &[FleetFault]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("{file}:{fault}")).collect();
    lines.join("\n")
}
