//! `cargo xtask tidy`: the rules of the house that no compiler knows.
//!
//! Each rule looks at one file, or at the whole [`Tree`], and returns [`Finding`]s. What
//! `tidy-exceptions.txt` excuses is taken away at the end, and an excuse that nobody needs is a
//! finding of its own.
//!
//! | module | rules |
//! |---|---|
//! | [`size`] | `file-length`, `function-length`, `line-length` |
//! | [`names`] | `mod-file`, `vague-name` |
//! | [`unfinished`] | `ignored-test`, `unfinished` |
//! | [`unsafety`] | `unsafe-code` |
//! | [`calls`] | `unbounded-channel`, `bare-spawn`, `clock-read`, `real-sleep` |
//! | [`arrows`] | `crate-arrow` |
//! | [`machine`] | `machine-path` |
//! | [`links`] | `broken-link` |
//! | [`readme`] | `readme` |

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::workspace;

mod finding;
mod source;
mod token;

mod arrows;
mod calls;
mod exceptions;
mod links;
mod machine;
mod names;
mod readme;
mod size;
mod unfinished;
mod unsafety;

use finding::{Finding, Rule};
use source::{RustFile, Tree};

/// Runs the checks as a command.
pub(crate) fn run() -> ExitCode {
    if passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Checks the project, prints what is wrong with it and returns whether nothing is.
pub(crate) fn passes() -> bool {
    let findings = match check_project(&workspace::root()) {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("could not read the project: {error}");
            return false;
        }
    };
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} rules, {} findings", Rule::ALL.len(), findings.len());
    findings.is_empty()
}

/// Returns what is wrong with the project in the folder `root`, in the order of its files.
fn check_project(root: &Path) -> io::Result<Vec<Finding>> {
    let tree = Tree::read(root)?;
    let mut findings = exceptions::apply(&tree, check_tree(&tree));
    findings.sort();
    Ok(findings)
}

/// Returns every finding, the excused ones too.
fn check_tree(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        findings.extend(machine::check(source));
        findings.extend(arrows::check(source));
        findings.extend(links::check(source, tree));
        if source.is_rust() {
            findings.extend(names::check_path(source));
            findings.extend(size::check_lines(source));
            match RustFile::parse(source) {
                Ok(file) => findings.extend(check_rust(&file)),
                Err(finding) => findings.extend(finding),
            }
        }
    }
    findings.extend(readme::check(tree));
    findings
}

/// Returns the findings of the rules that look at parsed Rust.
fn check_rust(file: &RustFile<'_>) -> Vec<Finding> {
    let checks = [
        size::check_file,
        size::check_functions,
        names::check_modules,
        unfinished::check,
        unsafety::check,
        calls::check,
    ];
    checks.iter().flat_map(|check| check(file)).collect()
}
