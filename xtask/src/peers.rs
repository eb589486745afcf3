//! What tests did without, since this machine cannot have it.
//!
//! Tests make the environments of Python peers where they first need them, in `peers` of the target
//! folder. One that finds no interpreter leaves a file `NAME.missing` there, with the reason, and
//! passes. One that needs what the system refuses, such as a sandbox, leaves `NAME.refused`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::workspace;

fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    workspace::root().join(target).join("peers")
}

fn notes() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder()) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| subject(path).is_some()).collect()
}

/// Returns which tests a note is of, in words.
fn subject(note: &Path) -> Option<String> {
    let name = note.file_stem()?.to_string_lossy();
    match note.extension()?.to_str()? {
        "missing" => Some(format!("against {name}")),
        "refused" => Some(format!("of the {name}")),
        _ => None,
    }
}

/// Removes what former runs noted.
pub(crate) fn forget_missing() {
    for note in notes() {
        // What cannot be removed is reported once more, which is better than not at all.
        let _ = fs::remove_file(note);
    }
}

/// Returns which tests were passed over since then, each with the reason.
pub(crate) fn missing() -> Vec<(String, String)> {
    let mut missing: Vec<_> = notes()
        .iter()
        .filter_map(|note| Some((subject(note)?, fs::read_to_string(note).ok()?)))
        .collect();
    missing.sort();
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_told_by_their_names() {
        let told = |name: &str| subject(Path::new(name));

        assert_eq!(told("peers/aiomas.missing").as_deref(), Some("against aiomas"));
        assert_eq!(told("peers/sandbox.refused").as_deref(), Some("of the sandbox"));
        assert_eq!(told("peers/aiomas"), None);
        assert_eq!(told("peers/aiomas.lock"), None);
    }
}
