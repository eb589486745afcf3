//! References to data elsewhere: renewed while they exist, and reported when they are over.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lyceum_core::exchange::Door;
use lyceum_core::wire::Address;
use lyceum_core::{CallError, Handle, ReviveError, Task};

use crate::error::{BlobFault, BlobFaultKind};
use crate::keeper::{BlobKeeper, write_id};
use crate::reference::claim_of;
use crate::shelf::BlobId;
use crate::store::fresh_number;

/// How many references may be passed on before the owner has heard of them.
const PASSED_LIMIT: usize = 4096;
/// How many references to data elsewhere a process may have: each is renewed by a task.
const REFERENCE_LIMIT: usize = 262_144;
/// How long a report may take.
const REPORT_LIMIT: Duration = Duration::from_secs(10);

/// A reference to data elsewhere.
pub(crate) struct Far {
    claim: Arc<Claim>,
    /// Ends with this.
    _renewal: Option<Task<()>>,
}

/// What the owner knows a reference by.
struct Claim {
    /// The node that has the reference; none outside of any.
    door: Option<Door>,
    at: Address,
    id: BlobId,
    number: u64,
    lease: Duration,
    /// References that were passed on, and that the owner has not heard of.
    passed: Mutex<Vec<u64>>,
}

/// References of this process to data elsewhere.
static REFERENCES: AtomicUsize = AtomicUsize::new(0);

impl Far {
    /// Takes a reference that has arrived.
    ///
    /// # Errors
    ///
    /// Says that the process has too many.
    pub(crate) fn arrive(
        door: Option<Door>,
        at: Address,
        id: BlobId,
        number: u64,
        lease: Duration,
    ) -> Result<Self, String> {
        if REFERENCES.fetch_add(1, Ordering::Relaxed) >= REFERENCE_LIMIT {
            REFERENCES.fetch_sub(1, Ordering::Relaxed);
            let text = "this process has {} references to blobs elsewhere, which is all it may";
            return Err(text.replace("{}", &REFERENCE_LIMIT.to_string()));
        }
        let claim = Arc::new(Claim { door, at, id, number, lease, passed: Mutex::default() });
        let renewal = claim.door.as_ref().map(|door| door.spawn(claim.clone().renew()));
        Ok(Self { claim, _renewal: renewal })
    }

    /// Returns the address of the owner.
    pub(crate) fn at(&self) -> &Address {
        &self.claim.at
    }

    pub(crate) fn lease(&self) -> Duration {
        self.claim.lease
    }

    pub(crate) fn number(&self) -> u64 {
        self.claim.number
    }

    /// Returns the node that has the reference.
    pub(crate) fn door(&self) -> Option<&Door> {
        self.claim.door.as_ref()
    }

    /// Returns the owner.
    ///
    /// # Errors
    ///
    /// Says why nothing leads there.
    pub(crate) fn owner(&self) -> Result<Handle<BlobKeeper>, String> {
        let door = self.door().ok_or("the reference was not decoded on a node")?;
        self.claim.owner(door).map_err(|error| error.to_string())
    }

    /// Makes the number of a reference that is passed on.
    pub(crate) fn pass_on(&self) -> Result<u64, BlobFault> {
        let Some(door) = self.door() else { return Err(BlobFault::nowhere()) };
        let number = claim_of(fresh_number(door));
        let mut passed = self.claim.passed();
        if passed.len() >= PASSED_LIMIT {
            return Err(BlobFault::too_many_references(PASSED_LIMIT));
        }
        passed.push(number);
        Ok(number)
    }
}

impl Claim {
    fn passed(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owner(&self, door: &Door) -> Result<Handle<BlobKeeper>, ReviveError> {
        door.reviving(|| Handle::revive(&self.at))
    }

    /// Renews the reference until it is dropped or the data is gone.
    async fn renew(self: Arc<Self>) {
        let Some(door) = &self.door else { return };
        loop {
            door.sleep_until(door.now() + self.lease / 3).await;
            if !self.report(door, false).await {
                return;
            }
        }
    }

    /// Tells the owner what became of the reference; false if there is nothing to report on.
    async fn report(&self, door: &Door, over: bool) -> bool {
        let Ok(owner) = self.owner(door) else { return false };
        // They stay noted until the owner has heard of them: this may be dropped meanwhile.
        let passed = self.passed().clone();
        let told = passed.len();
        let report = owner.report(write_id(self.id), self.number, passed, over);
        match report.timeout(REPORT_LIMIT).await {
            Ok(()) => {
                let mut passed = self.passed();
                let told = told.min(passed.len());
                passed.drain(..told);
                true
            }
            Err(CallError::Action(BlobFault { kind: BlobFaultKind::Gone, .. })) => false,
            Err(error) => {
                tracing::debug!(at = %self.at, %error, "the owner of a blob did not hear");
                true
            }
        }
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        REFERENCES.fetch_sub(1, Ordering::Relaxed);
        let claim = self.claim.clone();
        let Some(door) = self.claim.door.clone().filter(|door| !door.is_closed()) else { return };
        // If it is not heard, the lease ends.
        let node = door.clone();
        let report = async move {
            claim.report(&node, true).await;
        };
        door.spawn(report).detach();
    }
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Far('{}', {})", self.claim.at, self.claim.number)
    }
}
