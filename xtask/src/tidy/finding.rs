//! The rules by name, and what a rule found.

use std::fmt;

/// A rule of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A file holds at most 600 lines of code.
    FileLength,
    /// A function holds at most 70 lines of code.
    FunctionLength,
    /// A line of Rust holds at most 100 columns.
    LineLength,
    /// A module is `foo.rs`, never `foo/mod.rs`.
    ModFile,
    /// A module has a noun for a name, never `utils`.
    VagueName,
    /// No test is switched off.
    IgnoredTest,
    /// No `todo!` or `unimplemented!`.
    Unfinished,
    /// `unsafe` lives in the core's cell.
    UnsafeCode,
    /// Every queue has a limit.
    UnboundedChannel,
    /// Every task and thread has an owner.
    BareSpawn,
    /// Time comes from the node's clock.
    ClockRead,
    /// Nobody sleeps in real time.
    RealSleep,
    /// Crates depend downwards only.
    CrateArrow,
    /// No path or host of one machine stands in the text.
    MachinePath,
    /// Relative links lead to files of the project.
    BrokenLink,
    /// The README is short and begins with a program.
    Readme,
    /// Rust files can be parsed.
    Unreadable,
    /// The list of exceptions is well-formed and holds nothing that is not needed.
    Exceptions,
}

impl Rule {
    /// Every rule.
    pub(crate) const ALL: [Self; 18] = [
        Self::FileLength,
        Self::FunctionLength,
        Self::LineLength,
        Self::ModFile,
        Self::VagueName,
        Self::IgnoredTest,
        Self::Unfinished,
        Self::UnsafeCode,
        Self::UnboundedChannel,
        Self::BareSpawn,
        Self::ClockRead,
        Self::RealSleep,
        Self::CrateArrow,
        Self::MachinePath,
        Self::BrokenLink,
        Self::Readme,
        Self::Unreadable,
        Self::Exceptions,
    ];

    /// Returns the name that the list of exceptions uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FileLength => "file-length",
            Self::FunctionLength => "function-length",
            Self::LineLength => "line-length",
            Self::ModFile => "mod-file",
            Self::VagueName => "vague-name",
            Self::IgnoredTest => "ignored-test",
            Self::Unfinished => "unfinished",
            Self::UnsafeCode => "unsafe-code",
            Self::UnboundedChannel => "unbounded-channel",
            Self::BareSpawn => "bare-spawn",
            Self::ClockRead => "clock-read",
            Self::RealSleep => "real-sleep",
            Self::CrateArrow => "crate-arrow",
            Self::MachinePath => "machine-path",
            Self::BrokenLink => "broken-link",
            Self::Readme => "readme",
            Self::Unreadable => "unreadable",
            Self::Exceptions => "exceptions",
        }
    }

    /// Returns the rule of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, seen from the workspace's folder.
    pub(crate) path: String,
    /// The line, counted from one.
    pub(crate) line: usize,
    /// The rule that is broken.
    pub(crate) rule: Rule,
    /// What is there, what the limit is and what to do.
    pub(crate) message: String,
}

impl Finding {
    /// Records that `path` breaks `rule` at `line`.
    pub(crate) fn new(path: &str, line: usize, rule: Rule, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message } = self;
        write!(f, "{path}:{line}: {message} [{}]", rule.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(rule));
        }
    }

    #[test]
    fn finding_names_the_place_first() {
        let finding = Finding::new("a.rs", 7, Rule::ModFile, "what is wrong: what to do");

        assert_eq!(finding.to_string(), "a.rs:7: what is wrong: what to do [mod-file]");
    }
}
