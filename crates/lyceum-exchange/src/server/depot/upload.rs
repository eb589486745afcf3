//! Uploads: bytes on their way into the depot. Everything here blocks.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{BlobId, Bond, DepositError, Depot, Record};
use crate::server::reply::Refusal;

/// A blob that is being put. Dropping it takes away what there is of it.
pub(super) struct Upload {
    depot: Arc<Depot>,
    id: BlobId,
    owner: String,
    path: PathBuf,
    file: File,
    hasher: blake3::Hasher,
    size: u64,
    /// Whether the room is the blob's by now.
    is_settled: bool,
}

/// What is asked for a blob.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    /// Until when it is kept, in milliseconds since 1970.
    pub(super) expires: u64,
    /// Whether who may read it may delete it, too.
    pub(super) is_passed: bool,
    /// The message that it belongs to.
    pub(super) bond: Option<Bond>,
}

impl Upload {
    pub(super) fn begin(
        depot: Arc<Depot>,
        id: BlobId,
        owner: String,
        number: u64,
    ) -> Result<Self, Refusal> {
        depot.catalog().check(id, &owner)?;
        let path = id.unfinished(&depot.settings.folder, number);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let hasher = blake3::Hasher::new();
        Ok(Self { depot, id, owner, path, file, hasher, size: 0, is_settled: false })
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let more = bytes.len() as u64;
        self.depot.catalog().reserve(&self.owner, self.size, more)?;
        self.size += more;
        self.hasher.update(bytes);
        Ok(self.file.write_all(bytes)?)
    }

    /// Accepts the blob, once it is on disk.
    pub(super) fn finish(
        mut self,
        expected: Option<&str>,
        terms: Terms,
    ) -> Result<Record, Refusal> {
        let found = self.hasher.finalize().to_hex().to_string();
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            let expected = expected.to_owned();
            return Err(DepositError::Mismatch { expected, found }.into());
        }
        self.file.sync_all()?;
        let Terms { expires, is_passed, bond } = terms;
        let mut record = Record::new(&self.owner, self.size, found, expires);
        (record.is_passed, record.bond) = (is_passed, bond);
        let depot = self.depot.clone();
        let _place = depot.places.take(self.id);
        let is_new = depot.catalog().admit(self.id, &record)?.is_none();
        // The files come first: what the catalog has can be read.
        let installed = self.install(&record).map_err(Refusal::from);
        let noted = installed.and_then(|()| Ok(depot.catalog().put(self.id, record.clone())?));
        if let Err(error) = noted {
            // One that was there before has the same bytes, and stays.
            if is_new && let Err(error) = depot.erase(self.id) {
                tracing::warn!(%error, "a blob that was not accepted cannot be removed");
            }
            return Err(error);
        }
        self.is_settled = true;
        Ok(record)
    }

    /// Gives the files their names: the record last, since it says that there is a blob.
    fn install(&self, record: &Record) -> io::Result<()> {
        let folder = &self.depot.settings.folder;
        fs::rename(&self.path, self.id.bytes(folder))?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
        file.write_all(&record.write())?;
        file.sync_all()?;
        fs::rename(&self.path, self.id.record(folder))?;
        File::open(folder)?.sync_all()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_settled {
            self.depot.catalog().give_back(&self.owner, self.size);
        }
        // Where it was renamed, nothing is there; what cannot be removed goes at the next start.
        let _ = fs::remove_file(&self.path);
    }
}
