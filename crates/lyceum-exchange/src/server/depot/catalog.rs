//! The catalog: which blobs there are, and how much room is left. No I/O, no clock.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::bonds::Watch;
use super::{BlobId, Bond, DepotSettings, Record};
use crate::mailbox::Moment;

/// Why a blob is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum DepositError {
    #[error("a blob may have at most {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("there is no room: {used} of {limit} bytes are used")]
    Full { used: u64, limit: u64 },
    #[error("there is no room for more of yours: {used} of {limit} bytes are used")]
    OverQuota { used: u64, limit: u64 },
    #[error("there are {limit} blobs, which is all that is allowed")]
    TooMany { limit: usize },
    #[error("there is another blob of that number")]
    Taken,
    #[error("the bytes have another digest: expected {expected}, found {found}")]
    Mismatch { expected: String, found: String },
}

#[derive(Debug)]
pub(super) struct Catalog {
    records: HashMap<BlobId, Arc<Record>>,
    /// Bytes of all blobs, those that are being put too.
    used: u64,
    used_by: HashMap<String, u64>,
    blob: u64,
    bytes: u64,
    bytes_per_owner: u64,
    count: usize,
    /// When the messages were seen that blobs belong to.
    pub(super) watch: Watch,
}

impl Catalog {
    pub(super) fn new(settings: &DepotSettings) -> Self {
        Self {
            records: HashMap::new(),
            used: 0,
            used_by: HashMap::new(),
            blob: settings.blob,
            bytes: settings.bytes,
            bytes_per_owner: settings.bytes_per_owner,
            count: settings.count,
            watch: Watch::default(),
        }
    }

    pub(super) fn usage(&self) -> (usize, u64) {
        (self.records.len(), self.used)
    }

    /// Takes a blob back in that was there before a restart, whatever the limits are now.
    pub(super) fn restore(&mut self, id: BlobId, record: Record) {
        self.count(&record.owner, record.size);
        self.records.insert(id, Arc::new(record));
    }

    fn count(&mut self, owner: &str, bytes: u64) {
        self.used += bytes;
        *self.used_by.entry(owner.to_owned()).or_default() += bytes;
    }

    /// Sets room aside for more bytes of a blob that has so many already.
    pub(super) fn reserve(
        &mut self,
        owner: &str,
        so_far: u64,
        more: u64,
    ) -> Result<(), DepositError> {
        if so_far.saturating_add(more) > self.blob {
            return Err(DepositError::TooLarge { limit: self.blob });
        }
        if self.bytes.saturating_sub(self.used) < more {
            return Err(DepositError::Full { used: self.used, limit: self.bytes });
        }
        let used = self.used_by.get(owner).copied().unwrap_or_default();
        if self.bytes_per_owner.saturating_sub(used) < more {
            return Err(DepositError::OverQuota { used, limit: self.bytes_per_owner });
        }
        self.count(owner, more);
        Ok(())
    }

    /// Gives room back that was set aside.
    pub(super) fn give_back(&mut self, owner: &str, bytes: u64) {
        self.used -= bytes;
        if let Some(used) = self.used_by.get_mut(owner) {
            *used -= bytes;
            if *used == 0 {
                self.used_by.remove(owner);
            }
        }
    }

    /// Returns whether a blob may be put, before it is; a record that is there already comes back.
    pub(super) fn check(
        &self,
        id: BlobId,
        owner: &str,
    ) -> Result<Option<Arc<Record>>, DepositError> {
        match self.records.get(&id) {
            Some(record) if record.owner == owner => Ok(Some(record.clone())),
            Some(_) => Err(DepositError::Taken),
            None if self.records.len() >= self.count => {
                Err(DepositError::TooMany { limit: self.count })
            }
            None => Ok(None),
        }
    }

    /// Returns whether a blob may be noted: the one that is there may only be replaced by itself,
    /// with another time. That one is returned.
    pub(super) fn admit(
        &self,
        id: BlobId,
        record: &Record,
    ) -> Result<Option<Arc<Record>>, DepositError> {
        let former = self.check(id, &record.owner)?;
        if former.as_ref().is_some_and(|former| former.digest != record.digest) {
            return Err(DepositError::Taken);
        }
        Ok(former)
    }

    /// Notes a blob whose room was set aside, if it is [admitted](Self::admit).
    pub(super) fn put(&mut self, id: BlobId, record: Record) -> Result<(), DepositError> {
        if let Some(former) = self.admit(id, &record)? {
            self.give_back(&former.owner, former.size);
        }
        self.records.insert(id, Arc::new(record));
        Ok(())
    }

    pub(super) fn find(&self, id: BlobId, now: Moment) -> Option<Arc<Record>> {
        let record = self.records.get(&id)?;
        // What belongs to a message is there for as long as it is.
        let is_there = record.bond.is_some() || record.expires > now.millis();
        is_there.then(|| record.clone())
    }

    pub(super) fn expired(&self, now: Moment) -> Vec<BlobId> {
        let all = self.records.iter();
        let free = all.filter(|(_, record)| record.bond.is_none());
        free.filter(|(_, record)| record.expires <= now.millis()).map(|(id, _)| *id).collect()
    }

    /// Returns the blobs that belong to messages.
    pub(super) fn bonds(&self) -> impl Iterator<Item = (BlobId, Bond)> {
        self.records.iter().filter_map(|(id, record)| Some((*id, record.bond?)))
    }

    /// Returns until when a blob is to be kept, in milliseconds since 1970.
    pub(super) fn until(&self, id: BlobId) -> Option<u64> {
        Some(self.records.get(&id)?.expires)
    }

    pub(super) fn forget(&mut self, id: BlobId) {
        self.watch.forget(id);
        if let Some(record) = self.records.remove(&id) {
            self.give_back(&record.owner, record.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let settings = DepotSettings {
            blob: 60,
            bytes: 100,
            count: 2,
            bytes_per_owner: 70,
            ..DepotSettings::at("unused")
        };
        Catalog::new(&settings)
    }

    fn id(number: u8) -> BlobId {
        format!("{number:032x}").parse().unwrap()
    }

    fn put(catalog: &mut Catalog, number: u8, owner: &str, size: u64) -> Result<(), DepositError> {
        catalog.reserve(owner, 0, size)?;
        catalog.put(id(number), Record::new(owner, size, format!("{size}"), 50))
    }

    #[test]
    fn each_bound_is_kept() {
        let mut catalog = catalog();
        put(&mut catalog, 1, "ada", 60).unwrap();
        assert_eq!(put(&mut catalog, 2, "ada", 61), Err(DepositError::TooLarge { limit: 60 }));
        assert_eq!(
            put(&mut catalog, 2, "ada", 11),
            Err(DepositError::OverQuota { used: 60, limit: 70 })
        );
        assert_eq!(
            put(&mut catalog, 2, "bob", 41),
            Err(DepositError::Full { used: 60, limit: 100 })
        );
        put(&mut catalog, 2, "bob", 40).unwrap();
        assert_eq!(catalog.check(id(3), "bob"), Err(DepositError::TooMany { limit: 2 }));
        catalog.forget(id(1));
        assert_eq!(catalog.usage(), (1, 40));
        put(&mut catalog, 3, "ada", 60).unwrap();
    }

    #[test]
    fn number_of_another_blob_is_taken() {
        let mut catalog = catalog();
        put(&mut catalog, 1, "ada", 10).unwrap();
        assert_eq!(catalog.check(id(1), "bob"), Err(DepositError::Taken));
        assert_eq!(put(&mut catalog, 1, "ada", 11), Err(DepositError::Taken));
        catalog.give_back("ada", 11);
        put(&mut catalog, 1, "ada", 10).unwrap();
        assert_eq!(catalog.usage(), (1, 10), "once, and not twice");
    }

    #[test]
    fn what_expired_is_not_found_and_goes() {
        let mut catalog = catalog();
        put(&mut catalog, 1, "ada", 10).unwrap();
        assert!(catalog.find(id(1), Moment::from_millis(49)).is_some());
        assert!(catalog.find(id(1), Moment::from_millis(50)).is_none());
        assert_eq!(catalog.expired(Moment::from_millis(50)), [id(1)]);
    }
}
