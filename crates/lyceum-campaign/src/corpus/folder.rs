//! Seeds from the files of a folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::pool::{Corpus, CorpusLimits};

/// The most files that are named as skipped; the others are counted.
const NAMED: usize = 20;

/// Says why a folder gives no seeds.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The folder, or a file in it, cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The folder has more entries than are ever looked at.
    #[error("`{}` has more than {limit} entries", path.display())]
    Crowded {
        /// Which.
        path: PathBuf,
        /// How many entries are looked at.
        limit: usize,
    },
    /// There is no file in the folder that can be a seed.
    #[error("`{}` has no file that can be a seed", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
}

/// Files that did not become seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many there are.
    pub count: usize,
    /// The first of them, with the reason.
    pub first: Vec<(PathBuf, SkippedWhy)>,
}

/// Says why a file did not become a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkippedWhy {
    /// It is no file: a folder, a pipe, a device.
    NoFile,
    /// It is larger than one input may be.
    TooLarge,
    /// There was no room left in the corpus.
    Full,
    /// Another file has the same bytes.
    Same,
}

impl Corpus {
    /// The most entries of a folder that are looked at.
    pub const MOST_ENTRIES: usize = 1_000_000;

    /// Reads the files of a folder as seeds, in the order of their names.
    ///
    /// Folders within it are not looked into. No more of a file is read than an input may have.
    ///
    /// # Errors
    ///
    /// An error says that the folder or a file cannot be read, that there are too many entries, or
    /// that none can be a seed.
    pub fn read_folder(
        folder: &Path,
        limits: CorpusLimits,
    ) -> Result<(Self, Skipped), CorpusError> {
        let mut corpus = Self::new(limits);
        let mut skipped = Skipped::default();
        for path in entries(folder)? {
            let taken = corpus.take(&path).map_err(|cause| unread(&path, cause))?;
            if let Err(why) = taken {
                skipped.count += 1;
                if skipped.first.len() < NAMED {
                    skipped.first.push((path, why));
                }
            }
        }
        if corpus.inputs().is_empty() {
            return Err(CorpusError::Empty { path: folder.to_owned() });
        }
        Ok((corpus, skipped))
    }

    fn take(&mut self, path: &Path) -> io::Result<Result<(), SkippedWhy>> {
        // Asked before it is opened: opening a pipe would wait for its other end.
        if !fs::metadata(path)?.is_file() {
            return Ok(Err(SkippedWhy::NoFile));
        }
        let limit = self.limits().input_bytes;
        let mut bytes = Vec::new();
        File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Ok(Err(SkippedWhy::TooLarge));
        }
        if !self.has_room(&bytes) {
            return Ok(Err(SkippedWhy::Full));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(if self.add_seed(&name, &bytes) { Ok(()) } else { Err(SkippedWhy::Same) })
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| unread(folder, cause))? {
        if paths.len() == Corpus::MOST_ENTRIES {
            let (path, limit) = (folder.to_owned(), Corpus::MOST_ENTRIES);
            return Err(CorpusError::Crowded { path, limit });
        }
        paths.push(entry.map_err(|cause| unread(folder, cause))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn unread(path: &Path, cause: io::Error) -> CorpusError {
    CorpusError::Unread { path: path.to_owned(), cause }
}
