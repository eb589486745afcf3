//! A disk that fails, is full, and forgets what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use lyceum_exchange::mailbox::Change;
use lyceum_exchange::store::{Cursor, Memory, Restore, Store, StoreError};
use rand::Rng;
use rand::rngs::SmallRng;

/// Bytes that a disk writes or does not, as a whole.
const SECTOR: usize = 512;

/// What dies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Crash {
    /// What was written stays, the last write up to some byte.
    Process,
    /// Of what was not synced, any sector may be there or not.
    Machine,
}

/// The disk. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Shaky {
    state: Arc<Mutex<State>>,
    memory: Arc<Memory>,
}

#[derive(Default)]
struct State {
    /// Writes since the last sync, by segment.
    unsynced: BTreeMap<u64, Vec<Write>>,
    /// After so many writes and syncs nothing works any more.
    fuse: Option<u32>,
    /// So many segments may be there.
    capacity: Option<usize>,
    index_is_broken: bool,
    syncs: u64,
}

/// What lay there before, so that a write can be undone.
#[derive(Clone)]
struct Write {
    offset: u32,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Shaky {
    pub(crate) fn die_after(&self, count: u32) {
        self.state.lock().unwrap().fuse = Some(count);
    }

    pub(crate) fn hold(&self, segments: usize) {
        self.state.lock().unwrap().capacity = Some(segments);
    }

    pub(crate) fn break_index(&self, is_broken: bool) {
        self.state.lock().unwrap().index_is_broken = is_broken;
    }

    /// Does to the disk what a crash does, and repairs it.
    pub(crate) fn crash(&self, crash: Crash, random: &mut SmallRng) {
        let mut state = self.state.lock().unwrap();
        state.fuse = None;
        for (segment, mut writes) in std::mem::take(&mut state.unsynced) {
            match crash {
                Crash::Process => {
                    let Some(last) = writes.pop() else { continue };
                    let kept = random.random_range(0..=last.after.len());
                    let lost = &last.before[kept..];
                    let at = last.offset + u32::try_from(kept).unwrap();
                    let _ = self.memory.append(segment, at, lost);
                }
                Crash::Machine => self.lose(segment, &writes, random),
            }
        }
    }

    fn lose(&self, segment: u64, writes: &[Write], random: &mut SmallRng) {
        for write in writes.iter().rev() {
            let mut at = 0;
            while at < write.before.len() {
                let absolute = write.offset as usize + at;
                let next = (SECTOR - absolute % SECTOR).min(write.before.len() - at);
                if random.random_bool(0.5) {
                    let offset = u32::try_from(absolute).unwrap();
                    let _ = self.memory.append(segment, offset, &write.before[at..at + next]);
                }
                at += next;
            }
        }
    }

    pub(crate) fn flip(&self, segment: u64, bit: usize) {
        let at = u32::try_from(bit / 8).unwrap();
        let byte = self.memory.read(segment, at, 1).unwrap()[0] ^ (1 << (bit % 8));
        self.memory.append(segment, at, &[byte]).unwrap();
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.state.lock().unwrap().syncs
    }

    fn burn(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let Some(fuse) = &mut state.fuse else { return Ok(()) };
        if *fuse == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        *fuse -= 1;
        Ok(())
    }
}

impl Store for Shaky {
    fn segments(&self) -> io::Result<Vec<(u64, u32)>> {
        self.memory.segments()
    }

    fn allocate(&self, segment: u64, size: u32) -> io::Result<()> {
        let capacity = self.state.lock().unwrap().capacity;
        if capacity.is_some_and(|most| self.memory.segments().unwrap().len() >= most) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.memory.allocate(segment, size)
    }

    fn append(&self, segment: u64, offset: u32, bytes: &[u8]) -> io::Result<()> {
        let before = self.memory.read(segment, offset, u32::try_from(bytes.len()).unwrap())?;
        let write = Write { offset, before, after: bytes.to_vec() };
        // The write that burns the fuse is done, and may be torn by the crash.
        let burnt = self.burn();
        self.state.lock().unwrap().unsynced.entry(segment).or_default().push(write);
        self.memory.append(segment, offset, bytes)?;
        burnt
    }

    fn sync(&self, segment: u64) -> io::Result<()> {
        self.burn()?;
        let mut state = self.state.lock().unwrap();
        state.syncs += 1;
        state.unsynced.remove(&segment);
        Ok(())
    }

    fn read(&self, segment: u64, offset: u32, length: u32) -> io::Result<Vec<u8>> {
        self.memory.read(segment, offset, length)
    }

    fn cut(&self, segment: u64, length: u32) -> io::Result<()> {
        self.burn()?;
        self.memory.cut(segment, length)
    }

    fn delete(&self, segment: u64) -> io::Result<()> {
        self.memory.delete(segment)
    }

    fn load_index(&self, restore: &mut Restore<'_>) -> Result<Option<Cursor>, StoreError> {
        self.memory.load_index(restore)
    }

    fn save_index(&self, changes: &[Change], cursor: Cursor) -> Result<(), StoreError> {
        if self.state.lock().unwrap().index_is_broken || self.burn().is_err() {
            return Err(StoreError::Failed);
        }
        self.memory.save_index(changes, cursor)
    }
}
