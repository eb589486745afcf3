//! Where parts come from that a server keeps.

use bytes::Bytes;

use super::{FIRST_PAUSE, Source, TRIES, wait};
use crate::depot::{Depot, DepotError};
use crate::error::BlobError;
use crate::outline::Outline;

impl Source {
    pub(super) async fn depot_outline(&self, depot: Option<&Depot>) -> Result<Outline, BlobError> {
        let (id, size) = (self.0.id, self.0.size);
        self.asking_depot(depot, |depot| depot.outline(id, size)).await
    }

    pub(super) async fn depot_part(
        &self,
        depot: Option<&Depot>,
        start: u64,
        length: usize,
    ) -> Result<Bytes, BlobError> {
        let id = self.0.id;
        self.asking_depot(depot, |depot| depot.range(id, start, length)).await
    }

    /// Asks a server, and tries again for a while if it cannot be reached.
    async fn asking_depot<'d, T, F>(
        &self,
        depot: Option<&'d Depot>,
        ask: impl Fn(&'d Depot) -> F,
    ) -> Result<T, BlobError>
    where
        F: Future<Output = Result<T, DepotError>>,
    {
        let unknown = || self.astray("this node does not know that server".into());
        let depot = depot.ok_or_else(unknown)?;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            match ask(depot).await {
                Ok(answer) => return Ok(answer),
                Err(DepotError::Unreachable { .. }) if attempt < TRIES => {}
                Err(DepotError::Gone) => return Err(self.gone()),
                Err(DepotError::Answer(why)) => return Err(self.malformed(&why)),
                Err(error) => {
                    let (at, why) = (self.0.location(), error.to_string());
                    return Err(BlobError::Storage { at, why });
                }
            }
            wait(depot.door(), pause).await;
            pause *= 2;
        }
        unreachable!("the last try returns")
    }
}
