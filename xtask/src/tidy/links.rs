//! Relative links in Markdown that lead nowhere.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::{Source, Tree};

/// Finds links to files that the project does not have.
pub(crate) fn check(source: &Source, tree: &Tree) -> Vec<Finding> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut fence = None;
    for (line, text) in source.lines() {
        let mark = ["```", "~~~"].into_iter().find(|mark| text.trim_start().starts_with(mark));
        match (mark, fence) {
            (Some(mark), None) => fence = Some(mark),
            (Some(mark), Some(open)) if mark == open => fence = None,
            (None, None) => {
                let broken = targets(text).into_iter().filter(|to| !exists(source, to, tree));
                findings.extend(broken.map(|target| {
                    let message = format!("`{target}` is not in the project: correct the link");
                    source.finding(line, Rule::BrokenLink, message)
                }));
            }
            _ => {}
        }
    }
    findings
}

/// Returns the targets of the links in a line: `[text](target "title")` and `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let inline = line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or(rest));
    let definition = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    let all = inline.chain(definition.map(|(_, target)| target));
    let first_word = |target: &str| target.split_whitespace().next().map(str::to_owned);
    let bare = |target: String| target.trim_matches(['<', '>']).to_owned();
    all.filter_map(first_word).map(bare).collect()
}

/// Removes what stands between single backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Returns whether a target is somewhere else, on the same page, or a file of the project.
fn exists(source: &Source, target: &str, tree: &Tree) -> bool {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let is_elsewhere = path.contains("://") || path.starts_with("mailto:");
    if path.is_empty() || is_elsewhere {
        return true;
    }
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let resolved = resolve(folder, &path.replace("%20", " "));
    resolved.is_some_and(|path| path.is_empty() || tree.paths.contains(&path))
}

/// Returns the path seen from the root, if it does not leave it.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::tree;

    fn lines(text: &str) -> Vec<usize> {
        let tree = tree(&[("README.md", ""), ("docs/src/start.md", ""), ("docs/a.md", text)]);
        let source = tree.source("docs/a.md").unwrap();
        check(source, &tree).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn link_to_a_missing_file_is_found() {
        assert_eq!(lines("A line.\nSee [this](b.md) and [that](src/end.md#x \"title\")."), [2, 2]);
        assert_eq!(lines("![picture](a.png)"), [1]);
        assert_eq!(lines("[name]: ../LICENSE\n"), [1]);
        assert_eq!(lines("[outside](../../secret.md)"), [1]);
    }

    #[test]
    fn link_to_a_file_or_folder_of_the_project_is_good() {
        assert_eq!(lines("[a](a.md), [b](./src/start.md#top), [c](../README.md), [d](src/)"), []);
        assert_eq!(lines("[e](https://example.org/x.md), [f](#here), [g](mailto:a@b.c)"), []);
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(lines("`[a](b.md)`\n```text\n[a](b.md)\n```\n"), []);
        assert_eq!(lines("```text\n```\n[a](b.md)\n"), [3]);
    }
}
