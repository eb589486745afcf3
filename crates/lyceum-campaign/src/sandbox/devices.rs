//! The few devices that a program in a sandbox may use.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::sandbox::{mounts, scratch};

/// Devices that can do no harm.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty"];

/// Names that lead elsewhere.
const LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Fills a folder that is to become `/dev`.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    for name in DEVICES {
        let (theirs, ours) = (Path::new("/dev").join(name), folder.join(name));
        if theirs.exists() {
            File::create(&ours)?;
            mounts::bind(&theirs, &ours)?;
        }
    }
    for (name, place) in LINKS {
        symlink(place, folder.join(name))?;
    }
    for name in ["pts", "shm", scratch::PARKED_NAME] {
        fs::create_dir(folder.join(name))?;
    }
    Ok(())
}
