//! The depot: large data that programs put on the server, so that messages carry a reference.
//!
//! A blob is a file with the bytes and one that says whose they are, how many, their digest, and
//! until when they are kept. The second one is renamed into place last: what is there without it
//! was not accepted, and is taken away at the next start. `catalog` counts, `upload` takes bytes,
//! `bonds` keeps blobs for as long as messages, `routes` has a function for each request.
//!
//! Who knows a blob's number may read it: nobody can guess it. Who put it may delete it.

mod bonds;
mod catalog;
mod places;
mod record;
mod routes;
mod upload;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use bonds::{Bond, there};
use catalog::Catalog;
pub(crate) use catalog::DepositError;
use places::Places;
pub(crate) use record::{BlobId, Record};
pub(crate) use routes::{give, release, take};

use crate::mailbox::Moment;

/// How many blobs are removed at once.
const SWEPT: usize = 128;

/// Bounds of the depot.
#[derive(Clone, Debug)]
pub struct DepotSettings {
    /// The folder that the blobs are in.
    pub folder: PathBuf,
    /// Bytes of one blob.
    pub blob: u64,
    /// Bytes of all blobs.
    pub bytes: u64,
    /// Blobs at a time.
    pub count: usize,
    /// Bytes of all blobs of one owner.
    pub bytes_per_owner: u64,
    /// How long a blob is kept unless whoever puts it says otherwise.
    pub kept: Duration,
    /// The longest time that may be asked for.
    pub longest: Duration,
}

impl DepotSettings {
    /// Makes the usual settings for a folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            blob: 64 << 30,
            bytes: 256 << 30,
            count: 100_000,
            bytes_per_owner: 64 << 30,
            kept: Duration::from_secs(86_400),
            longest: Duration::from_secs(30 * 86_400),
        }
    }
}

/// Large data on the server.
#[derive(Debug)]
pub(crate) struct Depot {
    pub(crate) settings: DepotSettings,
    catalog: Mutex<Catalog>,
    /// Who changes a blob's files has its place: they, and what the catalog says, change together.
    places: Places,
}

impl Depot {
    /// Opens the folder, and takes away what was not accepted.
    ///
    /// # Errors
    ///
    /// Says what the system says.
    pub(crate) fn open(settings: DepotSettings) -> io::Result<Self> {
        fs::create_dir_all(&settings.folder)?;
        let mut catalog = Catalog::new(&settings);
        let mut strays = Vec::new();
        for entry in fs::read_dir(&settings.folder)? {
            let path = entry?.path();
            match read_record(&path) {
                Found::Record(id, record) => catalog.restore(id, record),
                Found::Bytes(id) if id.record(&settings.folder).exists() => {}
                Found::Bytes(_) | Found::Unfinished => strays.push(path),
                Found::Foreign => {}
            }
        }
        strays.iter().try_for_each(fs::remove_file)?;
        Ok(Self { settings, catalog: Mutex::new(catalog), places: Places::default() })
    }

    fn catalog(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many blobs there are, and how many bytes they have.
    pub(crate) fn usage(&self) -> (usize, u64) {
        self.catalog().usage()
    }

    /// Returns what is known of a blob.
    pub(crate) fn find(&self, id: BlobId, now: Moment) -> Option<Arc<Record>> {
        self.catalog().find(id, now)
    }

    fn open_bytes(&self, id: BlobId) -> io::Result<File> {
        File::open(id.bytes(&self.settings.folder))
    }

    /// Forgets blobs whose time is over.
    pub(crate) fn sweep(&self, now: Moment) {
        let mut expired = self.catalog().expired(now);
        // The others go next time: nothing else is done meanwhile.
        expired.truncate(SWEPT);
        expired.into_iter().for_each(|id| self.expire(id, now));
    }

    /// Forgets a blob if its time is over: it may have got more since it was found.
    fn expire(&self, id: BlobId, now: Moment) {
        // Whoever has the place writes to the disk, which is not waited for here.
        let Some(_place) = self.places.try_take(id) else { return };
        if self.find(id, now).is_some() {
            return;
        }
        if let Err(error) = self.remove(id) {
            tracing::warn!(%error, "a blob cannot be removed");
        }
    }

    /// Forgets a blob if whoever asks may do that; false if there is none that he may.
    ///
    /// # Errors
    ///
    /// Says what the system says.
    pub(crate) fn release(
        &self,
        id: BlobId,
        now: Moment,
        may: impl FnOnce(&Record) -> bool,
    ) -> io::Result<bool> {
        let _place = self.places.take(id);
        if !self.find(id, now).is_some_and(|record| may(&record)) {
            return Ok(false);
        }
        self.remove(id).map(|()| true)
    }

    /// Forgets a blob, whose place is taken. Who reads it just now reads it to its end.
    fn remove(&self, id: BlobId) -> io::Result<()> {
        self.erase(id)?;
        self.catalog().forget(id);
        Ok(())
    }

    /// Removes a blob's files.
    fn erase(&self, id: BlobId) -> io::Result<()> {
        let folder = &self.settings.folder;
        // The record goes first, so that a crash leaves bytes without a record.
        remove(&id.record(folder)).and_then(|()| remove(&id.bytes(folder)))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// What a file in the folder is.
enum Found {
    Record(BlobId, Record),
    Bytes(BlobId),
    /// Something that was being written.
    Unfinished,
    /// Nothing of the depot's.
    Foreign,
}

fn read_record(path: &Path) -> Found {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((stem, kind)) = name.split_once('.') else { return Found::Foreign };
    let Ok(id) = stem.parse::<BlobId>() else { return Found::Foreign };
    match kind {
        "blob" => Found::Bytes(id),
        "json" => match fs::read(path).map(|text| Record::read(&text)) {
            Ok(Some(record)) => Found::Record(id, record),
            _ => {
                tracing::warn!(path = %path.display(), "a blob's record is not readable");
                Found::Foreign
            }
        },
        _ if kind.starts_with("part") => Found::Unfinished,
        _ => Found::Foreign,
    }
}

#[cfg(test)]
mod tests;
