//! `unsafe` outside the core's cell.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::RustFile;

/// The only module that may hold `unsafe` code: its file, the folder beside it, and its models.
const CELL: [&str; 3] = [
    "crates/lyceum-core/src/cell.rs",
    "crates/lyceum-core/src/cell/",
    "crates/lyceum-core/tests/loom/",
];

/// Finds `unsafe`, in macro bodies too.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Finding> {
    if CELL.iter().any(|cell| file.source.path.starts_with(cell)) {
        return Vec::new();
    }
    let message = "`unsafe` outside the core's cell: use a safe way or move it there";
    let blocks = file.tokens.iter().filter(|token| token.word() == Some("unsafe"));
    blocks.map(|token| file.source.finding(token.line(), Rule::UnsafeCode, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::findings;

    #[test]
    fn unsafe_is_found_outside_the_cell_only() {
        let text = "#![forbid(unsafe_code)]\n// unsafe\nfn a() { unsafe { b() } }";

        let found = findings(check, "crates/lyceum-core/src/agent.rs", text);
        assert_eq!(found, [(3, Rule::UnsafeCode)]);
        assert_eq!(findings(check, "crates/lyceum-core/src/cell/pool.rs", text), []);
        assert_eq!(findings(check, "crates/lyceum-core/src/cell.rs", text), []);
    }

    #[test]
    fn unsafe_in_a_macro_is_found() {
        let text = "fn a() {\n    assert!(unsafe { b() });\n}";

        assert_eq!(findings(check, "a.rs", text), [(2, Rule::UnsafeCode)]);
    }
}
