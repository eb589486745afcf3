//! Tests that do not run and code that is not there.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::{RustFile, Source};
use crate::tidy::token::Token;

/// Macros that stand for missing code.
const PLACEHOLDERS: &[&str] = &["todo", "unimplemented"];

/// Finds ignored tests, ignored examples in docs, and placeholders.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Finding> {
    let mut findings = ignored_examples(file.source);
    for (index, token) in file.tokens.iter().enumerate() {
        let rest = &file.tokens[index + 1..];
        if token.is('#') && ignores(rest) {
            let message = "an ignored test: assert today's behaviour and say that it is wrong";
            findings.push(file.source.finding(token.line(), Rule::IgnoredTest, message));
        }
        if let Some(name) = token.word().filter(|name| PLACEHOLDERS.contains(name))
            && is_macro_call(rest)
        {
            let message = format!("`{name}!` stands for missing code: write it or leave it out");
            findings.push(file.source.finding(token.line(), Rule::Unfinished, message));
        }
    }
    findings
}

/// Finds code blocks in docs that say `ignore`.
fn ignored_examples(source: &Source) -> Vec<Finding> {
    let examples = source.lines().filter(|(_, text)| {
        let text = text.trim_start();
        let doc = text.strip_prefix("///").or_else(|| text.strip_prefix("//!"));
        let fence = doc.and_then(|doc| doc.trim_start().strip_prefix("```"));
        fence.is_some_and(|fence| fence.split(',').any(|word| word.trim() == "ignore"))
    });
    let message = "an ignored example: make it compile, with hidden `# ` lines if need be";
    examples.map(|(line, _)| source.finding(line, Rule::IgnoredTest, message)).collect()
}

/// Tells `[ignore]` and `[cfg_attr(.., ignore)]`, seen after a `#`.
fn ignores(tokens: &[Token]) -> bool {
    let [open, name, rest @ ..] = tokens else { return false };
    match name.word() {
        Some("ignore") => open.is('['),
        Some("cfg_attr") if open.is('[') => {
            let inside = rest.iter().take_while(|token| !token.is(']'));
            inside.filter_map(Token::word).any(|word| word == "ignore")
        }
        _ => false,
    }
}

/// Tells `!(` from `!=`, seen after a name.
fn is_macro_call(tokens: &[Token]) -> bool {
    matches!(tokens, [bang, next, ..] if bang.is('!') && !next.is('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::findings;

    #[test]
    fn ignored_test_is_found() {
        let plain = "#[test]\n#[ignore]\nfn a() {}";
        let reasoned = "#[test]\n#[ignore = \"slow\"]\nfn a() {}";
        let conditional = "#[test]\n#[cfg_attr(loom, ignore)]\nfn a() {}";
        let good = "#[test]\nfn ignore() { let x = [ignore]; }";

        for bad in [plain, reasoned, conditional] {
            assert_eq!(findings(check, "a.rs", bad), [(2, Rule::IgnoredTest)], "{bad}");
        }
        assert_eq!(findings(check, "a.rs", good), []);
    }

    #[test]
    fn ignored_example_is_found() {
        let bad = "//! A crate.\n//! ```ignore\n//! a();\n//! ```\n";
        let listed = "/// A function.\n/// ```rust,ignore\n/// ```\nfn a() {}";
        let good = "//! ```no_run\n//! // ignore\n//! ```\n";

        assert_eq!(findings(check, "a.rs", bad), [(2, Rule::IgnoredTest)]);
        assert_eq!(findings(check, "a.rs", listed), [(2, Rule::IgnoredTest)]);
        assert_eq!(findings(check, "a.rs", good), []);
    }

    #[test]
    fn placeholder_is_found() {
        let bad = "fn a() {\n    todo!()\n}\nfn b() { unimplemented!(\"later\") }";
        let good = "/// Not `todo!()`.\nfn a(todo: u8) -> bool { todo != 1 }";

        let found = findings(check, "a.rs", bad);
        assert_eq!(found, [(2, Rule::Unfinished), (4, Rule::Unfinished)]);
        assert_eq!(findings(check, "a.rs", good), []);
    }
}
