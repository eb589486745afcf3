//! References to data elsewhere.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lyceum_core::exchange::Door;
use lyceum_core::wire::Address;
use lyceum_core::{Handle, Time};

use crate::claim::Claim;
use crate::error::BlobFault;
use crate::keeper::BlobKeeper;
use crate::owner::{Owner, Owners};
use crate::reference::claim_of;
use crate::shelf::BlobId;
use crate::store::fresh_number;

/// How many references to data elsewhere a process may have.
const REFERENCE_LIMIT: usize = 262_144;

/// A reference to data elsewhere.
pub(crate) struct Far {
    at: Address,
    claim: Arc<Claim>,
    /// Who has the data, seen from the node that has the reference; none outside of any.
    owner: Option<Arc<Owner>>,
    /// The number by which the owner knows the reference here.
    key: u64,
    _count: Count,
}

/// References of this process to data elsewhere.
static REFERENCES: AtomicUsize = AtomicUsize::new(0);

/// One of them.
struct Count;

impl Count {
    fn new() -> Result<Self, String> {
        let count = Self;
        if REFERENCES.fetch_add(1, Ordering::Relaxed) < REFERENCE_LIMIT {
            return Ok(count);
        }
        let text = "this process has {} references to blobs elsewhere, which is all it may";
        Err(text.replace("{}", &REFERENCE_LIMIT.to_string()))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        REFERENCES.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Far {
    /// Takes a reference that has arrived. Nobody is called for that.
    ///
    /// # Errors
    ///
    /// Says that the process has too many, or the node of too many owners.
    pub(crate) fn arrive(
        door: Option<&Door>,
        at: Address,
        id: BlobId,
        number: u64,
        lease: Duration,
    ) -> Result<Self, String> {
        let _count = Count::new()?;
        let owner = door.map(|door| Owners::find(door, &at)).transpose()?;
        let claim = Arc::new(Claim::new(id, number, lease, door.map_or(Time::START, Door::now)));
        let key = owner.as_ref().map_or(0, |owner| owner.hold(&claim));
        Ok(Self { at, claim, owner, key, _count })
    }

    /// Returns the address of the owner.
    pub(crate) fn at(&self) -> &Address {
        &self.at
    }

    pub(crate) fn number(&self) -> u64 {
        self.claim.number
    }

    /// Returns the node that has the reference.
    pub(crate) fn door(&self) -> Option<&Door> {
        self.owner.as_ref().map(|owner| owner.door())
    }

    /// Returns the owner, for who is going to read.
    ///
    /// # Errors
    ///
    /// Says why nothing leads there.
    pub(crate) fn owner(&self) -> Result<Handle<BlobKeeper>, String> {
        let owner = self.owner.as_ref().ok_or("the reference was not decoded on a node")?;
        let handle = owner.handle().map_err(|error| error.to_string())?;
        self.claim.enter_use();
        Ok(handle)
    }

    /// Notes that the owner gave some of the data.
    pub(crate) fn note_answer(&self) {
        if let Some(owner) = &self.owner {
            owner.note_answer(self.key, &self.claim);
        }
    }

    /// Makes the number of a reference that is passed on, and says how long that is good for.
    ///
    /// The owner may not hear of this one before that is over, so that it is good for no longer.
    pub(crate) fn pass_on(&self) -> Result<(u64, Duration), BlobFault> {
        let Some(door) = self.door() else { return Err(BlobFault::nowhere()) };
        let number = claim_of(fresh_number(door));
        self.claim.pass_on(number)?;
        Ok((number, self.claim.left(door.now())))
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        if let Some(owner) = &self.owner {
            owner.release(self.key, &self.claim);
        }
    }
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Far('{}', {})", self.at, self.claim.number)
    }
}
