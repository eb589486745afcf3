//! The directories of sessions that are kept.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::DirectoryName;

/// The directories of sessions that are kept, below one of their own.
///
/// Of sessions that found nothing new, the last ones are kept.
#[derive(Debug)]
pub(crate) struct Folders {
    directory: PathBuf,
    /// How many directories there are by names that begin alike.
    names: HashMap<String, usize>,
    /// The directories of sessions that found nothing new.
    dull: VecDeque<PathBuf>,
    most_dull: usize,
}

impl Folders {
    pub(crate) fn new(directory: PathBuf, most_dull: usize) -> Self {
        Self { directory, names: HashMap::new(), dull: VecDeque::new(), most_dull }
    }

    /// Makes a directory that nobody else has, and returns its name.
    pub(crate) fn claim(&mut self, name: &DirectoryName) -> io::Result<String> {
        let base = name.to_string();
        let number = self.names.entry(base.clone()).or_default();
        loop {
            *number += 1;
            let name = if *number == 1 { base.clone() } else { format!("{base}-{number}") };
            match fs::create_dir(self.directory.join(&name)) {
                Ok(()) => return Ok(name),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Notes that a directory is of a session that found nothing new, and removes the oldest of
    /// those where there are too many.
    pub(crate) fn kept_dull(&mut self, directory: PathBuf) {
        self.dull.push_back(directory);
        while self.dull.len() > self.most_dull {
            if let Some(old) = self.dull.pop_front() {
                // It may be gone already.
                let _gone = fs::remove_dir_all(old);
            }
        }
    }
}
