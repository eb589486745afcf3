//! What is wrong with a project file, and where.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use super::settings::ProjectFile;

/// Says why a file describes no campaign.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProjectFileError {
    /// It cannot be read.
    #[error("cannot read `{}`", file.display())]
    Unread {
        /// Which file.
        file: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// It is larger than any project file.
    #[error("`{}` is larger than {} bytes", file.display(), ProjectFile::MOST_BYTES)]
    TooLarge {
        /// Which file.
        file: PathBuf,
    },
    /// Something in it is wrong.
    #[error("{}", listed(file, faults))]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// What is wrong, in the order of the file.
        faults: Vec<ProjectFault>,
    },
}

/// One thing that is wrong with a project file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectFault {
    /// The line, counted from one.
    pub line: usize,
    /// The column, in letters and counted from one.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub text: String,
}

impl fmt::Display for ProjectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.text)
    }
}

fn listed(file: &std::path::Path, faults: &[ProjectFault]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| format!("{}:{fault}", file.display())).collect();
    lines.join("\n")
}

/// Takes down what is wrong with a text.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: Vec<ProjectFault>,
}

impl<'t> Faults<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Takes down what is wrong at a place.
    pub(super) fn add(&mut self, at: Range<usize>, what: impl Into<String>) {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[start..].chars().count() + 1;
        self.found.push(ProjectFault { line, column, text: what.into() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns all, in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<ProjectFault> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}
