//! Files, functions and lines that are too long to be read.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::{RustFile, Source};

/// Lines of code in a file, its tests included.
const FILE_LIMIT: usize = 600;

/// Lines of code in a function, from its signature to its closing brace.
const FUNCTION_LIMIT: usize = 70;

/// Columns in a line.
const LINE_LIMIT: usize = 100;

/// Finds a file that is too long.
pub(crate) fn check_file(file: &RustFile<'_>) -> Vec<Finding> {
    let lines = file.code_lines.len();
    if lines <= FILE_LIMIT {
        return Vec::new();
    }
    let message =
        format!("{lines} lines of code, the limit is {FILE_LIMIT}: split the file by what it does");
    vec![file.source.finding(1, Rule::FileLength, message)]
}

/// Finds functions that are too long.
pub(crate) fn check_functions(file: &RustFile<'_>) -> Vec<Finding> {
    let mut functions = Functions { file, findings: Vec::new() };
    functions.visit_file(&file.syntax);
    functions.findings
}

/// Finds lines that are too long.
pub(crate) fn check_lines(source: &Source) -> Vec<Finding> {
    let long = source.lines().filter_map(|(line, text)| {
        let columns = text.chars().count();
        let message = format!("{columns} columns, the limit is {LINE_LIMIT}: break the line");
        (columns > LINE_LIMIT).then(|| source.finding(line, Rule::LineLength, message))
    });
    long.collect()
}

/// Visits functions, methods and the default bodies of traits.
struct Functions<'a> {
    file: &'a RustFile<'a>,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &Signature, body: &Block) {
        let first = signature.span().start().line;
        let last = body.span().end().line;
        let lines = self.file.code_lines.range(first..=last).count();
        if lines > FUNCTION_LIMIT {
            let message = format!(
                "`{}` has {lines} lines of code, the limit is {FUNCTION_LIMIT}: give its steps \
                 names of their own",
                signature.ident
            );
            self.findings.push(self.file.source.finding(first, Rule::FunctionLength, message));
        }
    }
}

impl Visit<'_> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        if let Some(body) = &function.default {
            self.measure(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::{findings, source};

    #[test]
    fn file_of_601_lines_is_too_long() {
        let at_limit = "// why\n\nconst A: u8 = 1;\n".repeat(600);
        let above = format!("{at_limit}const B: u8 = 1;\n");

        assert_eq!(findings(check_file, "a.rs", &at_limit), []);
        assert_eq!(findings(check_file, "a.rs", &above), [(1, Rule::FileLength)]);
    }

    #[test]
    fn function_of_71_lines_is_too_long() {
        let function = |lines: usize| {
            format!("/// Doc.\nfn a() {{\n{}}}\n", "// why\nb();\n".repeat(lines - 2))
        };

        assert_eq!(findings(check_functions, "a.rs", &function(70)), []);
        let found = findings(check_functions, "a.rs", &function(71));
        assert_eq!(found, [(2, Rule::FunctionLength)]);
    }

    #[test]
    fn methods_are_functions_too() {
        let body = "b();\n".repeat(70);
        let method = format!("impl A {{\n fn a() {{\n{body}}}\n}}");
        let default = format!("trait A {{\n fn a() {{\n{body}}}\n fn b();\n}}");

        assert_eq!(findings(check_functions, "a.rs", &method), [(2, Rule::FunctionLength)]);
        assert_eq!(findings(check_functions, "a.rs", &default), [(2, Rule::FunctionLength)]);
    }

    #[test]
    fn line_of_101_columns_is_too_long() {
        let at_limit = source("a.rs", &format!("// {}", "ä".repeat(97)));
        let above = source("a.rs", &format!("\n// {}", "ä".repeat(98)));

        assert_eq!(check_lines(&at_limit), []);
        let found = check_lines(&above);
        assert_eq!((found[0].line, found[0].rule, found.len()), (2, Rule::LineLength, 1));
    }
}
