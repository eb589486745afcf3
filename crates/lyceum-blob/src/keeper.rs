//! The keeper: the agent that hands out the blobs of its node.
//!
//! That it is an agent is what lets blobs come over every exchange that calls come over, with their
//! order, limits, deadlines and errors.

use std::sync::Arc;

use lyceum_macros::agent;

use crate::error::BlobFault;
use crate::outline::{VALUE, part_count, part_range};
use crate::part::Part;
use crate::shelf::{BlobId, Item};
use crate::store::Store;

/// How many values of an outline one answer has.
pub(crate) const OUTLINE_PAGE: usize = 4096;

/// Hands out the blobs of its node.
pub(crate) struct BlobKeeper {
    store: Arc<Store>,
}

impl BlobKeeper {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    fn item(&self, id: &str, claim: u64) -> Result<Arc<Item>, BlobFault> {
        let id = read_id(id).ok_or_else(BlobFault::gone)?;
        self.store.shelf().item(id, claim, self.store.door.now())
    }
}

/// Writes a blob's number as it travels.
pub(crate) fn write_id(id: BlobId) -> String {
    format!("{id:032x}")
}

/// Reads a blob's number as it travels.
pub(crate) fn read_id(text: &str) -> Option<BlobId> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// Hands out large data of its node, to who has a reference.
#[agent]
impl BlobKeeper {
    /// Returns the bytes of one part.
    #[action]
    async fn part(&self, id: String, claim: u64, index: u64) -> Result<Part, BlobFault> {
        let item = self.item(&id, claim)?;
        let count = part_count(item.size);
        if index >= count {
            return Err(BlobFault::no_such_part(count));
        }
        let (start, length) = part_range(item.size, index);
        self.store.read(&item, start, length).await.map(Part)
    }

    /// Returns what the parts are checked by, from one of them on.
    #[action]
    fn outline(&self, id: String, claim: u64, from: u64) -> Result<Part, BlobFault> {
        let item = self.item(&id, claim)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let values = item.outline.bytes(from, OUTLINE_PAGE);
        debug_assert!(values.len() <= OUTLINE_PAGE * VALUE);
        Ok(Part(values.into()))
    }

    /// Says what became of a reference: it passed others on, and goes on or is over.
    #[action]
    fn report(
        &self,
        id: String,
        claim: u64,
        passed: Vec<u64>,
        over: bool,
    ) -> Result<(), BlobFault> {
        let id = read_id(&id).ok_or_else(BlobFault::gone)?;
        let now = self.store.door.now();
        let unwanted = self.store.shelf().report(id, claim, &passed, over, now)?;
        drop(unwanted);
        Ok(())
    }

    /// Drops what nobody wants any more.
    #[behaviour(every = "5s")]
    fn sweep(&self) {
        self.store.sweep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_and_nothing_else_is() {
        for id in [0, 1, u128::MAX] {
            assert_eq!(read_id(&write_id(id)), Some(id));
        }
        for text in ["", "1", "+0000000000000000000000000000001", &"g".repeat(32), "/etc/passwd"] {
            assert_eq!(read_id(text), None, "{text}");
        }
    }
}
