//! The list of places that may break a rule: `path: rule: reason`, one on each line.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::{Source, Tree};

/// Where the list lies.
const PATH: &str = "xtask/tidy-exceptions.txt";

/// A file that may break one rule.
struct Exception<'a> {
    line: usize,
    path: &'a str,
    rule: Rule,
}

impl Exception<'_> {
    fn excuses(&self, finding: &Finding) -> bool {
        self.path == finding.path && self.rule == finding.rule
    }
}

/// Takes away what the list excuses, and adds what is wrong with the list itself.
pub(crate) fn apply(tree: &Tree, findings: Vec<Finding>) -> Vec<Finding> {
    let Some(list) = tree.source(PATH) else { return findings };
    let (exceptions, mut wrong) = parse(list);
    for exception in &exceptions {
        if !findings.iter().any(|finding| exception.excuses(finding)) {
            let message = format!(
                "`{}` keeps the rule `{}` by now: remove this line",
                exception.path,
                exception.rule.name()
            );
            wrong.push(list.finding(exception.line, Rule::Exceptions, message));
        }
    }
    let excused = |finding: &Finding| exceptions.iter().any(|one| one.excuses(finding));
    wrong.extend(findings.into_iter().filter(|finding| !excused(finding)));
    wrong
}

/// Reads the list. Empty lines and those that begin with `#` are comments.
fn parse(list: &Source) -> (Vec<Exception<'_>>, Vec<Finding>) {
    let mut exceptions = Vec::new();
    let mut wrong = Vec::new();
    for (line, text) in list.lines() {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        match parse_line(line, text) {
            Ok(exception) => exceptions.push(exception),
            Err(message) => wrong.push(list.finding(line, Rule::Exceptions, message)),
        }
    }
    (exceptions, wrong)
}

/// Reads one line, or says what is wrong with it.
fn parse_line(line: usize, text: &str) -> Result<Exception<'_>, &'static str> {
    let mut parts = text.splitn(3, ": ").map(str::trim);
    let (Some(path), Some(rule), Some(reason)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("an exception without a reason: write `path: rule: reason`");
    };
    if reason.is_empty() {
        return Err("an exception without a reason: write `path: rule: reason`");
    }
    let rule = Rule::named(rule).ok_or("no rule has this name: see `xtask/src/tidy/finding.rs`")?;
    Ok(Exception { line, path, rule })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::tree;

    fn apply_list(list: &str, findings: Vec<Finding>) -> Vec<String> {
        let left = apply(&tree(&[(PATH, list)]), findings);
        left.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
    }

    fn long_file() -> Finding {
        Finding::new("a.rs", 1, Rule::FileLength, "too long")
    }

    #[test]
    fn exception_excuses_one_rule_in_one_file() {
        let list = "# comment\n\na.rs: file-length: tables: generated\n";
        let other = Finding::new("a.rs", 9, Rule::LineLength, "too long");

        assert_eq!(apply_list(list, vec![long_file(), other]), ["a.rs:9"]);
    }

    #[test]
    fn exception_that_nobody_needs_is_an_error() {
        let list = "b.rs: file-length: tables\n";

        let left = apply_list(list, vec![long_file()]);

        assert_eq!(left, ["xtask/tidy-exceptions.txt:1", "a.rs:1"]);
    }

    #[test]
    fn malformed_exception_is_an_error() {
        let list = "a.rs: file-length\na.rs: file-length: \na.rs: no-such-rule: reason\n";

        let left = apply_list(list, Vec::new());

        assert_eq!(left, [1, 2, 3].map(|line| format!("{PATH}:{line}")));
    }
}
