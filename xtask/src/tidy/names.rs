//! Names of files and modules.

use syn::ItemMod;
use syn::visit::{self, Visit};

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::{RustFile, Source};

/// Names that say nothing about what is inside.
const VAGUE: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// Finds `mod.rs` files and vague names among a file and its folders.
pub(crate) fn check_path(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.path.rsplit('/').next() == Some("mod.rs") {
        let message = "a `mod.rs` file: name it after its folder and put it beside it";
        findings.push(source.finding(1, Rule::ModFile, message));
    }
    let names = source.path.split('/').map(|part| part.trim_end_matches(".rs"));
    findings.extend(names.filter_map(|name| vague(source, 1, name)));
    findings
}

/// Finds vague names among the modules that a file declares.
pub(crate) fn check_modules(file: &RustFile<'_>) -> Vec<Finding> {
    let mut modules = Modules { source: file.source, findings: Vec::new() };
    modules.visit_file(&file.syntax);
    modules.findings
}

fn vague(source: &Source, line: usize, name: &str) -> Option<Finding> {
    let message = format!("`{name}` says nothing: give shared code a noun for a name");
    VAGUE.contains(&name).then(|| source.finding(line, Rule::VagueName, message))
}

struct Modules<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
}

impl Visit<'_> for Modules<'_> {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        let line = module.ident.span().start().line;
        self.findings.extend(vague(self.source, line, &module.ident.to_string()));
        visit::visit_item_mod(self, module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::{findings, source};

    fn rules(path: &str) -> Vec<Rule> {
        check_path(&source(path, "")).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn mod_file_is_found() {
        assert_eq!(rules("crates/a/src/cell/mod.rs"), [Rule::ModFile]);
        assert_eq!(rules("crates/a/src/cell.rs"), []);
    }

    #[test]
    fn vague_file_or_folder_is_found() {
        assert_eq!(rules("crates/a/src/utils.rs"), [Rule::VagueName]);
        assert_eq!(rules("crates/a/tests/common/farm.rs"), [Rule::VagueName]);
        assert_eq!(rules("crates/a/src/commons.rs"), []);
    }

    #[test]
    fn vague_module_is_found() {
        let text = "mod good {\n    mod helpers {}\n}";

        assert_eq!(findings(check_modules, "a.rs", text), [(2, Rule::VagueName)]);
        assert_eq!(findings(check_modules, "a.rs", "mod help {}"), []);
    }
}
