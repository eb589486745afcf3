//! The README: short, and a program near its top.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::Tree;

/// The file that a stranger reads first.
const PATH: &str = "README.md";

/// Lines in the README.
const LENGTH_LIMIT: usize = 150;

/// The last line on which the first program may begin.
const PROGRAM_LIMIT: usize = 20;

/// Finds what is wrong with the README.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(readme) = tree.source(PATH) else {
        return vec![Finding::new(PATH, 1, Rule::Readme, "there is no README: write one")];
    };
    let mut findings = Vec::new();
    let length = readme.lines().count();
    if length > LENGTH_LIMIT {
        let message = format!("{length} lines, the limit is {LENGTH_LIMIT}: move details to docs/");
        findings.push(readme.finding(LENGTH_LIMIT + 1, Rule::Readme, message));
    }
    let program = readme.lines().find(|(_, text)| text.starts_with("```rust"));
    let line = program.map_or(length.max(1), |(line, _)| line);
    if program.is_none() || line > PROGRAM_LIMIT {
        let message = format!(
            "no program begins by line {PROGRAM_LIMIT}: show one (```rust) before anything"
        );
        findings.push(readme.finding(line, Rule::Readme, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::tree;

    fn lines(text: &str) -> Vec<usize> {
        let tree = tree(&[(PATH, text)]);
        check(&tree).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn program_begins_by_line_20() {
        let program_on = |line: usize| format!("{}```rust\n```\n", "text\n".repeat(line - 1));

        assert_eq!(lines(&program_on(20)), []);
        assert_eq!(lines(&program_on(21)), [21]);
        assert_eq!(lines("# Name\n\n```sh\ncargo run\n```\n"), [5]);
    }

    #[test]
    fn readme_of_151_lines_is_too_long() {
        let readme = |lines: usize| format!("```rust\n{}", "text\n".repeat(lines - 1));

        assert_eq!(lines(&readme(150)), []);
        assert_eq!(lines(&readme(151)), [151]);
    }

    #[test]
    fn missing_readme_is_found() {
        assert_eq!(check(&tree(&[])).len(), 1);
    }
}
