//! The Python peers that tests talk to: which of them this machine cannot have.
//!
//! Tests make the peers' environments where they first need them, in `peers` of the target folder.
//! One that finds no interpreter leaves a file `NAME.missing` there, with the reason, and passes.

use std::path::PathBuf;
use std::{env, fs};

use crate::workspace;

fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    workspace::root().join(target).join("peers")
}

fn notes() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder()) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "missing")).collect()
}

/// Removes what former runs noted.
pub(crate) fn forget_missing() {
    for note in notes() {
        // What cannot be removed is reported once more, which is better than not at all.
        let _ = fs::remove_file(note);
    }
}

/// Returns the peers that tests did without since then, each with the reason.
pub(crate) fn missing() -> Vec<(String, String)> {
    let mut missing: Vec<_> = notes()
        .iter()
        .filter_map(|note| {
            let peer = note.file_stem()?.to_string_lossy().into_owned();
            Some((peer, fs::read_to_string(note).ok()?))
        })
        .collect();
    missing.sort();
    missing
}
