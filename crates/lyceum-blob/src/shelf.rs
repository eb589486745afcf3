//! The shelf: what is kept, and for how long. No I/O, no clock.
//!
//! A blob is kept while it is *pinned*, by references of the owner's own process, or *claimed*, by
//! those elsewhere. Each encoded reference is one claim, with a number of its own, and whoever
//! decodes it renews that claim. It may itself pass references on, with claims that the owner
//! hears of late, in a report: that the reference was passed on, or that it is over. These two can
//! come in either order, so that the end of an unknown claim is kept until its beginning comes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lyceum_core::Time;

use crate::content::Content;
use crate::digest::Digest;
use crate::error::{BlobFault, PutError};
use crate::outline::Outline;
use crate::settings::BlobSettings;

/// How many claims one blob can have.
const CLAIM_LIMIT: usize = 65_536;

/// A blob's number, which nobody can guess: who knows it may read.
pub(crate) type BlobId = u128;

/// What is kept of a blob.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) content: Content,
    pub(crate) outline: Outline,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// Everything that a node keeps.
#[derive(Debug)]
pub(crate) struct Shelf {
    entries: HashMap<BlobId, Entry>,
    count: usize,
    lease: Duration,
    pub(crate) room: Room,
}

/// How many bytes are kept, and how many may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes in memory and in files of the node's own, those that are being written too.
    pub(crate) bytes: u64,
    pub(crate) byte_limit: u64,
    /// How many of them are in memory.
    pub(crate) memory: u64,
    pub(crate) memory_limit: u64,
}

/// What a content takes of the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) bytes: u64,
    pub(crate) memory: u64,
}

#[derive(Debug)]
struct Entry {
    item: Arc<Item>,
    share: Share,
    pins: usize,
    claims: HashMap<u64, Claim>,
}

/// A reference elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    state: State,
    /// When it is forgotten.
    end: Time,
}

/// What was heard of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It left this process, or who passed it on said so: nothing but its end is to come.
    Announced,
    /// Its holder uses it, and who passed it on has not said so.
    Used,
    /// It is over, and who passed it on has not said that it began.
    Over,
}

impl Claim {
    fn holds(self, now: Time) -> bool {
        self.state != State::Over && !self.is_past(now)
    }

    fn is_past(self, now: Time) -> bool {
        self.end <= now
    }
}

impl Entry {
    fn is_wanted(&self, now: Time) -> bool {
        self.pins > 0 || self.claims.values().any(|claim| claim.holds(now))
    }
}

impl Room {
    /// Takes room for bytes.
    pub(crate) fn take(&mut self, wanted: u64) -> Result<(), PutError> {
        if self.byte_limit.saturating_sub(self.bytes) < wanted {
            let (used, limit) = (self.bytes, self.byte_limit);
            return Err(PutError::Full { wanted, used, limit });
        }
        self.bytes += wanted;
        Ok(())
    }

    /// Takes room in memory for some of them; false if there is none.
    pub(crate) fn take_memory(&mut self, wanted: u64) -> bool {
        let has_room = self.memory_limit.saturating_sub(self.memory) >= wanted;
        if has_room {
            self.memory += wanted;
        }
        has_room
    }

    pub(crate) fn give_back(&mut self, share: Share) {
        self.bytes -= share.bytes;
        self.memory -= share.memory;
    }
}

impl Shelf {
    pub(crate) fn new(settings: &BlobSettings) -> Self {
        let room = Room {
            bytes: 0,
            byte_limit: settings.bytes,
            memory: 0,
            memory_limit: settings.memory.min(settings.bytes),
        };
        Self { entries: HashMap::new(), count: settings.count, lease: settings.lease, room }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Puts a blob on the shelf, pinned once. Its share was taken before.
    ///
    /// # Errors
    ///
    /// Says that there are too many blobs; the share is still taken.
    pub(crate) fn put(&mut self, id: BlobId, item: Item, share: Share) -> Result<(), PutError> {
        if self.entries.len() >= self.count {
            return Err(PutError::TooMany { limit: self.count });
        }
        let entry = Entry { item: Arc::new(item), share, pins: 1, claims: HashMap::new() };
        self.entries.insert(id, entry);
        Ok(())
    }

    /// Lets go of a pin; what is not kept any more is returned, to be dropped elsewhere.
    #[must_use = "it is dropped where nothing is locked"]
    pub(crate) fn unpin(&mut self, id: BlobId, now: Time) -> Option<Arc<Item>> {
        self.entries.get_mut(&id)?.pins -= 1;
        self.drop_unwanted(id, now)
    }

    /// Notes that a reference is about to leave.
    pub(crate) fn claim(&mut self, id: BlobId, claim: u64, now: Time) -> Result<(), BlobFault> {
        let end = now + self.lease;
        let entry = self.entries.get_mut(&id).ok_or_else(BlobFault::gone)?;
        entry.announce(claim, end, now)
    }

    /// Returns a blob for who has a claim, which that renews.
    pub(crate) fn item(
        &mut self,
        id: BlobId,
        claim: u64,
        now: Time,
    ) -> Result<Arc<Item>, BlobFault> {
        let end = now + self.lease;
        let entry = self.entries.get_mut(&id).filter(|entry| entry.is_wanted(now));
        let entry = entry.ok_or_else(BlobFault::gone)?;
        entry.renew(claim, end, now)?;
        Ok(entry.item.clone())
    }

    /// Returns a blob for who has a pin.
    pub(crate) fn pinned(&self, id: BlobId) -> Option<Arc<Item>> {
        self.entries.get(&id).map(|entry| entry.item.clone())
    }

    /// Takes note of what became of a claim: it passed others on, and goes on or is over. What is
    /// not kept any more is returned, to be dropped elsewhere.
    pub(crate) fn report(
        &mut self,
        id: BlobId,
        claim: u64,
        passed: &[u64],
        over: bool,
        now: Time,
    ) -> Result<Option<Arc<Item>>, BlobFault> {
        let end = now + self.lease;
        let entry = self.entries.get_mut(&id).filter(|entry| entry.is_wanted(now));
        let entry = entry.ok_or_else(BlobFault::gone)?;
        for passed in passed {
            entry.announce(*passed, end, now)?;
        }
        if over {
            entry.end(claim, end, now)?;
        } else {
            entry.renew(claim, end, now)?;
        }
        Ok(self.drop_unwanted(id, now))
    }

    /// Takes away what nobody wants any more, to be dropped elsewhere.
    #[must_use = "it is dropped where nothing is locked"]
    pub(crate) fn sweep(&mut self, now: Time) -> Vec<Arc<Item>> {
        for entry in self.entries.values_mut() {
            entry.claims.retain(|_, claim| !claim.is_past(now));
        }
        let room = &mut self.room;
        let unwanted = self.entries.extract_if(|_, entry| !entry.is_wanted(now));
        unwanted
            .map(|(_, entry)| {
                room.give_back(entry.share);
                entry.item
            })
            .collect()
    }

    fn drop_unwanted(&mut self, id: BlobId, now: Time) -> Option<Arc<Item>> {
        if self.entries.get(&id)?.is_wanted(now) {
            return None;
        }
        let entry = self.entries.remove(&id)?;
        self.room.give_back(entry.share);
        Some(entry.item)
    }
}

impl Entry {
    /// Notes that a reference began. One that is over is forgotten with that.
    fn announce(&mut self, claim: u64, end: Time, now: Time) -> Result<(), BlobFault> {
        if self.claims.get(&claim).is_some_and(|known| known.state == State::Over) {
            self.claims.remove(&claim);
            return Ok(());
        }
        self.insert(claim, Claim { state: State::Announced, end }, now)
    }

    /// Notes that a reference is used.
    fn renew(&mut self, claim: u64, end: Time, now: Time) -> Result<(), BlobFault> {
        let known = self.claims.get(&claim).map(|known| known.state);
        let state = known.filter(|state| *state == State::Announced).unwrap_or(State::Used);
        self.insert(claim, Claim { state, end }, now)
    }

    /// Notes that a reference is over. That is kept if it is not known yet that it began.
    fn end(&mut self, claim: u64, end: Time, now: Time) -> Result<(), BlobFault> {
        if self.claims.get(&claim).is_some_and(|known| known.state == State::Announced) {
            self.claims.remove(&claim);
            return Ok(());
        }
        self.insert(claim, Claim { state: State::Over, end }, now)
    }

    fn insert(&mut self, claim: u64, state: Claim, now: Time) -> Result<(), BlobFault> {
        if self.claims.len() >= CLAIM_LIMIT && !self.claims.contains_key(&claim) {
            self.claims.retain(|_, claim| !claim.is_past(now));
            if self.claims.len() >= CLAIM_LIMIT {
                return Err(BlobFault::too_many_references(CLAIM_LIMIT));
            }
        }
        self.claims.insert(claim, state);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
