//! A store that ends with its process.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mailbox::Change;
use crate::store::{Cursor, Restore, Store, StoreError};

/// Keeps everything in memory.
///
/// ```
/// use lyceum_exchange::store::{Memory, Store};
///
/// let memory = Memory::new();
/// memory.allocate(1, 16).unwrap();
/// memory.append(1, 4, b"seed").unwrap();
/// assert_eq!(memory.read(1, 4, 4).unwrap(), b"seed");
/// ```
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    segments: BTreeMap<u64, Vec<u8>>,
    index: BTreeMap<Vec<u8>, Vec<u8>>,
    cursor: Option<Cursor>,
}

impl Memory {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, segment: u64, f: impl FnOnce(&mut Vec<u8>) -> Option<T>) -> io::Result<T> {
        let mut kept = self.kept();
        let found = kept.segments.get_mut(&segment).and_then(f);
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn range(offset: u32, length: usize) -> std::ops::Range<usize> {
    offset as usize..offset as usize + length
}

impl Store for Memory {
    fn segments(&self) -> io::Result<Vec<(u64, u32)>> {
        let kept = self.kept();
        let length = |bytes: &Vec<u8>| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Ok(kept.segments.iter().map(|(segment, bytes)| (*segment, length(bytes))).collect())
    }

    fn allocate(&self, segment: u64, size: u32) -> io::Result<()> {
        self.kept().segments.insert(segment, vec![0; size as usize]);
        Ok(())
    }

    fn append(&self, segment: u64, offset: u32, bytes: &[u8]) -> io::Result<()> {
        self.with(segment, |segment| {
            segment.get_mut(range(offset, bytes.len()))?.copy_from_slice(bytes);
            Some(())
        })
    }

    fn sync(&self, _segment: u64) -> io::Result<()> {
        Ok(())
    }

    fn read(&self, segment: u64, offset: u32, length: u32) -> io::Result<Vec<u8>> {
        self.with(segment, |segment| {
            segment.get(range(offset, length as usize)).map(<[u8]>::to_vec)
        })
    }

    fn cut(&self, segment: u64, length: u32) -> io::Result<()> {
        self.with(segment, |segment| {
            segment.truncate(length as usize);
            segment.shrink_to_fit();
            Some(())
        })
    }

    fn delete(&self, segment: u64) -> io::Result<()> {
        self.kept().segments.remove(&segment);
        Ok(())
    }

    fn load_index(&self, restore: &mut Restore<'_>) -> Result<Option<Cursor>, StoreError> {
        let kept = self.kept();
        if kept.index.iter().all(|(key, value)| restore(key, value)) {
            Ok(kept.cursor)
        } else {
            Err(StoreError::IndexUnreadable)
        }
    }

    fn save_index(&self, changes: &[Change], cursor: Cursor) -> Result<(), StoreError> {
        let mut kept = self.kept();
        for (key, value) in changes {
            match value {
                Some(value) => kept.index.insert(key.clone(), value.clone()),
                None => kept.index.remove(key),
            };
        }
        kept.cursor = Some(cursor);
        Ok(())
    }
}
