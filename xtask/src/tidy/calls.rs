//! Calls that only a few files may make: clippy bans them everywhere, this rule bounds the excuses.

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::RustFile;
use crate::tidy::token::Token;

/// A function that is banned by the end of its path, `owner::name`.
struct Ban {
    owner: &'static str,
    name: &'static str,
    rule: Rule,
}

/// The banned functions. A `use` of one counts as much as a call.
const BANS: &[Ban] = &[
    Ban { owner: "mpsc", name: "unbounded_channel", rule: Rule::UnboundedChannel },
    Ban { owner: "mpsc", name: "unbounded", rule: Rule::UnboundedChannel },
    Ban { owner: "channel", name: "unbounded", rule: Rule::UnboundedChannel },
    Ban { owner: "async_channel", name: "unbounded", rule: Rule::UnboundedChannel },
    Ban { owner: "flume", name: "unbounded", rule: Rule::UnboundedChannel },
    Ban { owner: "tokio", name: "spawn", rule: Rule::BareSpawn },
    Ban { owner: "task", name: "spawn", rule: Rule::BareSpawn },
    Ban { owner: "thread", name: "spawn", rule: Rule::BareSpawn },
    Ban { owner: "Instant", name: "now", rule: Rule::ClockRead },
    Ban { owner: "SystemTime", name: "now", rule: Rule::ClockRead },
    Ban { owner: "thread", name: "sleep", rule: Rule::RealSleep },
];

/// Where a rule does not apply: paths by their beginning.
const ALLOWED: &[(Rule, &[&str])] = &[
    (Rule::UnboundedChannel, &["bench/"]),
    (Rule::BareSpawn, &["crates/lyceum-core/src/node/spawn.rs", "bench/", "xtask/src/"]),
    (
        Rule::ClockRead,
        &[CLOCK, CLOCK_FOLDER, KEEPER_CLOCK, "bench/", "fuzz/src/hunt.rs", "xtask/src/"],
    ),
    (Rule::RealSleep, &[CLOCK, CLOCK_FOLDER, "bench/", "xtask/src/"]),
];

/// The module that reads the machine's time for everybody else.
const CLOCK: &str = "crates/lyceum-core/src/clock.rs";

/// The time of a process without a node, which runs programs under limits.
const KEEPER_CLOCK: &str = "crates/lyceum-campaign/src/stopwatch.rs";

/// The folder beside it.
const CLOCK_FOLDER: &str = "crates/lyceum-core/src/clock/";

/// Finds banned calls.
pub(crate) fn check(file: &RustFile<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for index in 0..file.tokens.len() {
        let tokens = &file.tokens[index..];
        for (name, rule, line) in banned(tokens) {
            if !is_allowed(rule, &file.source.path) {
                let message = format!("`{name}`: {}", advice(rule));
                findings.push(file.source.finding(line, rule, message));
            }
        }
    }
    findings
}

/// Integration tests may start threads: some claims are about threads that are not ours.
fn is_allowed(rule: Rule, path: &str) -> bool {
    let listed = ALLOWED.iter().filter(|(allowed, _)| *allowed == rule);
    let mut places = listed.flat_map(|(_, places)| places.iter());
    (rule == Rule::BareSpawn && path.contains("/tests/"))
        || places.any(|place| path.starts_with(place))
}

fn advice(rule: Rule) -> &'static str {
    match rule {
        Rule::UnboundedChannel => "every queue has a limit with a name: use a bounded channel",
        Rule::BareSpawn => "every task has an owner that stops it: spawn through the node",
        Rule::ClockRead => "all time comes from the node's clock: ask it",
        _ => "wait for a state, or sleep on the node's clock",
    }
}

/// Returns the banned functions of a path that begins here with its last owner.
fn banned(tokens: &[Token]) -> Vec<(String, Rule, usize)> {
    let [owner, first, second, rest @ ..] = tokens else { return Vec::new() };
    let (Some(owner), true) = (owner.word(), first.is(':') && second.is(':')) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for named in names(rest) {
        let bans = BANS.iter().filter(|ban| ban.owner == owner);
        for ban in bans.filter(|ban| named.word() == Some(ban.name)) {
            found.push((format!("{owner}::{}", ban.name), ban.rule, named.line()));
        }
    }
    // Tokio's and loom's channels of this name take a limit; the standard library's has none.
    if let [name, open, close, ..] = rest
        && (owner, name.word()) == ("mpsc", Some("channel"))
        && open.is('(')
        && close.is(')')
    {
        found.push(("mpsc::channel".to_owned(), Rule::UnboundedChannel, name.line()));
    }
    found
}

/// Returns the names that follow `owner::`: one, or those in the braces of a `use`.
fn names(tokens: &[Token]) -> Vec<&Token> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if !first.is('{') {
        return vec![first];
    }
    let mut depth = 0_usize;
    let mut names = Vec::new();
    for pair in tokens.windows(2) {
        match pair {
            [mark, _] if mark.is('}') => depth -= 1,
            [mark, _] if mark.is('{') => depth += 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (pair[0].is('{') || pair[0].is(',')) {
            names.push(&pair[1]);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::findings;

    const PATH: &str = "crates/lyceum-core/src/agent.rs";

    #[test]
    fn unbounded_channels_are_found() {
        let bad = [
            "fn a() { tokio::sync::mpsc::unbounded_channel::<u8>(); }",
            "use futures::channel::mpsc::unbounded;",
            "fn a() { let (a, b) = std::sync::mpsc::channel(); }",
        ];
        for text in bad {
            assert_eq!(findings(check, PATH, text), [(1, Rule::UnboundedChannel)], "{text}");
        }
        let good = "fn a() { mpsc::channel(8); mpsc::sync_channel(8); }";
        assert_eq!(findings(check, PATH, good), []);
    }

    #[test]
    fn bare_spawns_are_found() {
        let bad = [
            "fn a() { tokio::spawn(b()); }",
            "use tokio::task::spawn;",
            "use std::{sync::Arc, thread::{self, spawn}};",
            "fn a() { select!(_ = std::thread::spawn(b) => {}) }",
        ];
        for text in bad {
            assert_eq!(findings(check, PATH, text), [(1, Rule::BareSpawn)], "{text}");
        }
        let good = "/// Not `tokio::spawn`.\nfn a(node: Node) { node.spawn(b()); }";
        assert_eq!(findings(check, PATH, good), []);
    }

    #[test]
    fn clock_is_read_in_its_module_only() {
        let text = "fn a() {\n    (Instant::now(), std::time::SystemTime::now());\n}";

        let found = findings(check, PATH, text);
        assert_eq!(found, [(2, Rule::ClockRead), (2, Rule::ClockRead)]);
        assert_eq!(findings(check, "crates/lyceum-core/src/clock/system.rs", text), []);
        assert_eq!(findings(check, PATH, "fn a(clock: Clock) { clock.now(); }"), []);
    }

    #[test]
    fn sleep_is_found_in_tests_too() {
        let text = "#[test]\nfn a() {\n    thread::sleep(SECOND);\n}";

        assert_eq!(findings(check, "crates/a/tests/b.rs", text), [(3, Rule::RealSleep)]);
        assert_eq!(findings(check, PATH, "fn a(clock: Clock) { clock.sleep(SECOND); }"), []);
    }

    #[test]
    fn integration_test_may_start_a_thread() {
        let text = "#[test]\nfn a() { std::thread::spawn(b).join(); }";

        assert_eq!(findings(check, "crates/a/tests/b.rs", text), []);
        assert_eq!(findings(check, "crates/a/src/b.rs", text), [(2, Rule::BareSpawn)]);
    }
}
