//! Where a reader gets parts and their outline.

#[cfg(feature = "depot")]
mod depot;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lyceum_core::exchange::Door;
use lyceum_core::{CallError, Handle};

use crate::error::{BlobError, BlobFault, BlobFaultKind};
use crate::keeper::{BlobKeeper, OUTLINE_PAGE, write_id};
use crate::outline::{Outline, VALUE, part_count, part_range};
use crate::part::Part;
use crate::reference::{Home, Reference};

/// How long one request for a part may take: the parts ahead of it come first, over a slow link,
/// too. That a link is lost is noticed long before.
const PART_LIMIT: Duration = Duration::from_secs(120);
/// How often a part is asked for whose owner cannot be reached.
const TRIES: u32 = 6;
/// How long to wait before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Fetches outline and parts for a reader.
#[derive(Clone, Debug)]
pub(crate) struct Source(Arc<Reference>);

impl Source {
    pub(crate) fn new(reference: Arc<Reference>) -> Self {
        Self(reference)
    }

    pub(crate) fn reference(&self) -> &Reference {
        &self.0
    }

    /// Returns the node that the reader is on, if it is on one.
    pub(crate) fn door(&self) -> Option<Door> {
        match &self.0.home {
            Home::Own(store) => Some(store.door.clone()),
            Home::Far(far) => far.door().cloned(),
            #[cfg(feature = "depot")]
            Home::Depot(_, depot) => depot.as_ref().map(|depot| depot.door().clone()),
        }
    }

    /// Fetches what parts are checked by, and checks that by the digest.
    pub(crate) async fn outline(&self) -> Result<Outline, BlobError> {
        let mut outline = Outline::default();
        let count = part_count(self.0.size);
        if count == 1 {
            return Ok(outline);
        }
        if let Home::Own(store) = &self.0.home {
            let item = store.shelf().pinned(self.0.id);
            return Ok(item.ok_or_else(|| self.gone())?.outline.clone());
        }
        #[cfg(feature = "depot")]
        if let Home::Depot(_, depot) = &self.0.home {
            outline = self.depot_outline(depot.as_ref()).await?;
        }
        while (outline.len() as u64) < count {
            let page = self.outline_page(outline.len() as u64).await?;
            let expected = usize::try_from(count).map_or(usize::MAX, |count| count - outline.len());
            if page.len() != expected.min(OUTLINE_PAGE) * VALUE || outline.extend(&page).is_none() {
                return Err(self.malformed("expected 32 bytes of outline for each part"));
            }
        }
        match outline.digest(self.0.size) {
            Some(digest) if digest == self.0.digest => Ok(outline),
            Some(found) => Err(self.mismatch(found, "the outline's".into())),
            None => Err(self.malformed("expected an outline of this size")),
        }
    }

    async fn outline_page(&self, from: u64) -> Result<Bytes, BlobError> {
        let Home::Far(far) = &self.0.home else { return Err(self.gone()) };
        let (id, claim) = (write_id(self.0.id), far.number());
        self.asking(|owner| {
            let id = id.clone();
            async move { owner.outline(id, claim, from).timeout(PART_LIMIT).await }
        })
        .await
    }

    /// Fetches a part, and checks its length.
    pub(crate) async fn part(&self, index: u64) -> Result<Bytes, BlobError> {
        let (start, length) = part_range(self.0.size, index);
        let bytes = match &self.0.home {
            Home::Own(store) => {
                let item = store.shelf().pinned(self.0.id).ok_or_else(|| self.gone())?;
                let read = store.read(&item, start, length).await;
                read.map_err(|fault| self.refused(fault))?
            }
            Home::Far(far) => {
                let (id, claim) = (write_id(self.0.id), far.number());
                self.asking(|owner| {
                    let id = id.clone();
                    async move { owner.part(id, claim, index).timeout(PART_LIMIT).await }
                })
                .await?
            }
            #[cfg(feature = "depot")]
            Home::Depot(_, depot) => self.depot_part(depot.as_ref(), start, length).await?,
        };
        if bytes.len() == length {
            return Ok(bytes);
        }
        Err(self.malformed(&format!("expected a part of {length} bytes, found {}", bytes.len())))
    }

    /// Asks the owner, and tries again for a while if it cannot be reached. To ask for bytes once
    /// more does no harm.
    async fn asking<F>(&self, ask: impl Fn(Handle<BlobKeeper>) -> F) -> Result<Bytes, BlobError>
    where
        F: Future<Output = Result<Part, CallError<BlobFault>>>,
    {
        let Home::Far(far) = &self.0.home else { return Err(self.gone()) };
        let owner = far.owner().map_err(|why| self.astray(why))?;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let error = match ask(owner.clone()).await {
                Ok(Part(bytes)) => {
                    far.note_answer();
                    return Ok(bytes);
                }
                Err(error) => error,
            };
            let door = far.door().filter(|door| attempt < TRIES && !door.is_closed());
            match door {
                Some(door) if may_pass(&error) => wait(door, pause).await,
                _ => return Err(self.failed(error)),
            }
            pause *= 2;
        }
        unreachable!("the last try returns")
    }

    fn failed(&self, error: CallError<BlobFault>) -> BlobError {
        match error {
            CallError::Action(fault) => self.refused(fault),
            // Agents that are gone have taken their blobs with them.
            CallError::Terminated(_) | CallError::NoSuchAgent(_) => self.gone(),
            other => {
                let cause = Box::new(other.map_action(|_| unreachable!("it was matched before")));
                BlobError::Unreachable { at: self.0.location(), size: self.0.size, cause }
            }
        }
    }

    fn refused(&self, fault: BlobFault) -> BlobError {
        match fault.kind {
            BlobFaultKind::Gone => self.gone(),
            BlobFaultKind::NoSuchPart => self.malformed(&fault.text),
            _ => BlobError::Storage { at: self.0.location(), why: fault.text },
        }
    }

    fn astray(&self, why: String) -> BlobError {
        BlobError::Astray { at: self.0.location(), size: self.0.size, why }
    }

    fn gone(&self) -> BlobError {
        BlobError::Gone { at: self.0.location(), size: self.0.size }
    }

    pub(crate) fn malformed(&self, why: &str) -> BlobError {
        BlobError::Malformed { at: self.0.location(), why: why.into() }
    }

    pub(crate) fn mismatch(&self, found: crate::Digest, place: String) -> BlobError {
        BlobError::Mismatch { at: self.0.location(), expected: self.0.digest, found, place }
    }
}

/// Returns whether the next try may get an answer.
fn may_pass(error: &CallError<BlobFault>) -> bool {
    matches!(error, CallError::Disconnected(_) | CallError::Overloaded(_) | CallError::Down(_))
}

async fn wait(door: &Door, pause: Duration) {
    door.sleep_until(door.now() + pause).await;
}
