//! Paths and hosts that exist on one machine only.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::Source;

/// Folders of the machines on which the project is built. Split, so as not to find themselves.
const FOLDERS: &[&str] = &[concat!("/", "work/"), concat!("/", "root/")];

/// Hosts that serve packages: where they come from is the machine's own affair.
const HOSTS: &[&str] = &[
    concat!("crates.io", "/api"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("files.", "pythonhosted.org"),
];

/// Finds such paths and hosts in any text.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in source.lines() {
        for folder in FOLDERS.iter().filter(|folder| has_folder(text, folder)) {
            let message = format!("`{folder}` exists on one machine: use a path from the root");
            findings.push(source.finding(line, Rule::MachinePath, message));
        }
        for host in HOSTS.iter().filter(|host| text.contains(**host)) {
            let message = format!("`{host}` is the machine's own affair: leave the host out");
            findings.push(source.finding(line, Rule::MachinePath, message));
        }
    }
    findings
}

/// Returns whether the folder stands at the start of a path, and not inside a longer one.
fn has_folder(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.~}".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::source;

    #[test]
    fn paths_and_hosts_of_a_machine_are_found() {
        for bad in FOLDERS.iter().chain(HOSTS) {
            let found = check(&source("a.md", &format!("A line.\nSee `{bad}x`.\n")));

            assert_eq!(found.len(), 1, "{bad}");
            assert_eq!((found[0].line, found[0].rule), (2, Rule::MachinePath));
        }
    }

    #[test]
    fn longer_paths_are_left_alone() {
        let text = format!("src{0}a, ../root/b, https://crates.io/crates/c", FOLDERS[0]);

        assert_eq!(check(&source("a.md", &text)), []);
    }
}
