//! Which crate may depend on which: arrows run downwards only.

use toml::{Table, Value};

use crate::tidy::finding::{Finding, Rule};
use crate::tidy::source::Source;

/// A folder with a `Cargo.toml`, and what it may see.
struct Room {
    folder: &'static str,
    /// Crates of the project that it may depend on.
    uses: &'static [&'static str],
    /// Crates that its tests may depend on besides.
    tests_use: &'static [&'static str],
}

/// The crates that stand side by side on the core.
const ON_CORE: &[&str] = &["lyceum-core", "lyceum-wire"];

/// What is made of agents, and stands below what users depend on.
const ON_MACROS: &[&str] = &["lyceum-core", "lyceum-macros", "lyceum-wire"];

/// What runs programs in the sessions of a universe.
const ON_UNIVERSE: &[&str] = &["lyceum-core", "lyceum-macros", "lyceum-universe", "lyceum-wire"];

/// What launchers and commands stand on: agents of other processes.
const ON_EXCHANGE: &[&str] = &["lyceum-core", "lyceum-exchange", "lyceum-macros", "lyceum-wire"];

/// What tests may use where the crate itself lies below it.
const FOR_TESTS: &[&str] = &["lyceum", "lyceum-macros", "lyceum-test"];

/// The rooms of the house. A new crate is argued for in `ARCHITECTURE.md` and added here.
const ROOMS: &[Room] = &[
    Room { folder: "crates/lyceum-wire", uses: &[], tests_use: &["lyceum-test"] },
    Room { folder: "crates/lyceum-macros", uses: &[], tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-core", uses: &["lyceum-wire"], tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-blob", uses: ON_MACROS, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-campaign", uses: ON_UNIVERSE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-exchange", uses: ON_CORE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-manager", uses: ON_EXCHANGE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-skills", uses: ON_CORE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-universe", uses: ON_CORE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum-gateway", uses: ON_CORE, tests_use: FOR_TESTS },
    Room { folder: "crates/lyceum", uses: LIBRARIES, tests_use: &["lyceum-test"] },
    Room {
        folder: "crates/lyceum-test",
        uses: &["lyceum", "lyceum-core", "lyceum-macros", "lyceum-wire"],
        tests_use: &[],
    },
    Room { folder: "crates/lyceum-cli", uses: PROGRAM, tests_use: &["lyceum-test"] },
    Room { folder: "examples", uses: &["lyceum"], tests_use: &["lyceum-test"] },
    Room { folder: "examples/studies", uses: &["lyceum"], tests_use: &["lyceum-test"] },
    Room { folder: "bench/figures", uses: &[], tests_use: &[] },
    Room { folder: "bench", uses: BENCHMARK, tests_use: &["lyceum-test"] },
    Room { folder: "bench/blobs", uses: BENCHMARK, tests_use: &[] },
    Room { folder: "bench/exchanges", uses: BENCHMARK, tests_use: &[] },
    Room { folder: "bench/remote", uses: BENCHMARK, tests_use: &["lyceum-test"] },
    Room { folder: "bench/restart", uses: BENCHMARK, tests_use: &["lyceum-test"] },
    Room { folder: "bench/universe", uses: BENCHMARK, tests_use: &[] },
    Room { folder: "bench/sessions", uses: CAMPAIGN, tests_use: &[] },
    Room { folder: "fuzz", uses: FUZZED, tests_use: &[] },
    Room { folder: "xtask", uses: &[], tests_use: &[] },
];

/// What has decoders of bytes from outside, and what drives nodes with them.
const FUZZED: &[&str] = &["lyceum", "lyceum-exchange", "lyceum-test", "lyceum-wire"];

/// Everything that a user can be given through `lyceum`.
const LIBRARIES: &[&str] = &[
    "lyceum-blob",
    "lyceum-campaign",
    "lyceum-core",
    "lyceum-exchange",
    "lyceum-gateway",
    "lyceum-macros",
    "lyceum-manager",
    "lyceum-skills",
    "lyceum-universe",
    "lyceum-wire",
];

/// Everything but what is for tests alone.
const PROGRAM: &[&str] = &[
    "lyceum",
    "lyceum-blob",
    "lyceum-campaign",
    "lyceum-core",
    "lyceum-exchange",
    "lyceum-gateway",
    "lyceum-manager",
    "lyceum-skills",
    "lyceum-universe",
    "lyceum-wire",
];

/// What measures sessions of campaigns.
const CAMPAIGN: &[&str] = &["lyceum-bench-figures", "lyceum-campaign"];

/// What measures the project.
const BENCHMARK: &[&str] = &["lyceum", "lyceum-bench-figures", "lyceum-exchange"];

/// Finds dependencies that run upwards, and crates that have no room.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let Some(folder) = source.path.strip_suffix("/Cargo.toml") else { return Vec::new() };
    let manifest: Table = match source.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            let message = format!("cannot be parsed ({}): make it TOML", error.message());
            return vec![source.finding(1, Rule::Unreadable, message)];
        }
    };
    let mut findings = Vec::new();
    findings.extend(misnamed(source, folder, &manifest));
    let Some(room) = ROOMS.iter().find(|room| room.folder == folder) else {
        let message = "a crate without a room: add it to `xtask/src/tidy/arrows.rs` and argue why";
        findings.push(source.finding(1, Rule::CrateArrow, message));
        return findings;
    };
    findings.extend(room.misuses(source, &manifest, "dependencies", &[]));
    findings.extend(room.misuses(source, &manifest, "build-dependencies", &[]));
    findings.extend(room.misuses(source, &manifest, "dev-dependencies", room.tests_use));
    findings
}

impl Room {
    /// Finds dependencies of one kind that this room may not have.
    fn misuses(
        &self,
        source: &Source,
        manifest: &Table,
        kind: &str,
        besides: &[&str],
    ) -> Vec<Finding> {
        let allowed = |name: &str| self.uses.contains(&name) || besides.contains(&name);
        let own = dependencies(manifest, kind).into_iter().filter(|(_, name)| is_ours(name));
        let wrong = own.filter(|(_, name)| !allowed(name)).map(|(key, name)| {
            let may = [self.uses, besides].concat().join(", ");
            let message = format!(
                "`{name}` in the {kind} of `{}`, which may only hold [{may}]: arrows run downwards",
                self.folder
            );
            source.finding(line_of(source, &key), Rule::CrateArrow, message)
        });
        wrong.collect()
    }
}

fn misnamed(source: &Source, folder: &str, manifest: &Table) -> Option<Finding> {
    let name = manifest.get("package")?.get("name")?.as_str()?;
    let folder = folder.strip_prefix("crates/")?;
    let message = format!("`{name}` lies in a folder named `{folder}`: give both one name");
    (name != folder).then(|| source.finding(line_of(source, "name"), Rule::CrateArrow, message))
}

fn is_ours(name: &str) -> bool {
    name == "lyceum" || name.starts_with("lyceum-")
}

/// Returns key and crate name of the dependencies of one kind, those of single targets too.
fn dependencies(manifest: &Table, kind: &str) -> Vec<(String, String)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets.into_iter().flat_map(Table::values).filter_map(|one| one.get(kind));
    let tables = manifest.get(kind).into_iter().chain(of_targets).filter_map(Value::as_table);
    let entries = tables.flatten().map(|(key, value)| {
        let renamed = value.get("package").and_then(Value::as_str);
        (key.clone(), renamed.unwrap_or(key).to_owned())
    });
    entries.collect()
}

/// Returns the first line that begins with the key, or one where it is written otherwise.
fn line_of(source: &Source, key: &str) -> usize {
    let starts = |text: &str| {
        let rest = text.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([' ', '=', '.']))
    };
    source.lines().find(|(_, text)| starts(text)).map_or(1, |(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::tests::source;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&source(path, text)).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn upward_arrow_is_found() {
        let text = "[dependencies]\nserde = \"1\"\nlyceum-core.workspace = true\n";

        assert_eq!(lines("crates/lyceum-wire/Cargo.toml", text), [3]);
        assert_eq!(lines("crates/lyceum-exchange/Cargo.toml", text), []);
    }

    #[test]
    fn arrow_under_another_name_or_for_one_target_is_found() {
        let renamed = "[dependencies]\nbase = { package = \"lyceum-core\", path = \"..\" }\n";
        let targeted = "[target.'cfg(unix)'.dependencies]\nlyceum-core = \"1\"\n";

        assert_eq!(lines("crates/lyceum-wire/Cargo.toml", renamed), [2]);
        assert_eq!(lines("crates/lyceum-wire/Cargo.toml", targeted), [2]);
    }

    #[test]
    fn test_crate_is_for_tests_only() {
        let real = "[dependencies]\nlyceum-test = \"1\"\n";
        let dev = "[dev-dependencies]\nlyceum-test = \"1\"\nlyceum-macros = \"1\"\n";

        assert_eq!(lines("crates/lyceum-core/Cargo.toml", real), [2]);
        assert_eq!(lines("crates/lyceum-core/Cargo.toml", dev), []);
    }

    #[test]
    fn crate_without_a_room_is_found() {
        let text = "[package]\nname = \"lyceum-new\"\n";

        assert_eq!(lines("crates/lyceum-new/Cargo.toml", text), [1]);
    }

    #[test]
    fn folder_and_crate_share_a_name() {
        let text = "[package]\nname = \"core\"\n";

        assert_eq!(lines("crates/lyceum-core/Cargo.toml", text), [2]);
    }
}
