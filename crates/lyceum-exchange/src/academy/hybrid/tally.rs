//! What passed through a mailbox without the Redis, which is told of it a little later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_wire::academy::{Header, Uuid};

use crate::academy::MailboxError;
use crate::academy::redis::{Passed, RedisMailbox};

/// Requests that came straight and are noted until they are answered.
const OPEN_LIMIT: usize = 65_536;

/// What passed through a mailbox without the Redis.
#[derive(Debug)]
pub(super) struct Tally {
    /// The same mailbox at the Redis.
    stored: Arc<RedisMailbox>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// The requests that came straight and are not answered.
    open: HashMap<Uuid, Header>,
    answered: u64,
    sent: u64,
    /// How many are not answered, as the Redis was told last.
    told: u64,
}

impl Tally {
    pub(super) fn new(stored: Arc<RedisMailbox>) -> Self {
        Self { stored, counts: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that came straight.
    pub(super) fn came(&self, header: &Header) {
        let mut counts = self.lock();
        if counts.open.len() < OPEN_LIMIT {
            counts.open.insert(header.tag, header.clone());
        }
    }

    /// Notes that a request is answered, if it came straight.
    pub(super) fn answered(&self, tag: Uuid) {
        let mut counts = self.lock();
        if counts.open.remove(&tag).is_some() {
            counts.answered += 1;
        }
    }

    /// Notes that a request was sent straight.
    pub(super) fn sent(&self) {
        self.lock().sent += 1;
    }

    /// Takes out all requests that came straight and are not answered, to be answered now.
    pub(super) fn fail(&self) -> Vec<Header> {
        let mut counts = self.lock();
        let headers: Vec<_> = counts.open.drain().map(|(_, header)| header).collect();
        counts.answered += headers.len() as u64;
        headers
    }

    /// Tells the Redis, if there is something to tell.
    pub(super) async fn tell(&self) {
        let passed = {
            let mut counts = self.lock();
            let open = counts.open.len() as u64;
            if counts.answered == 0 && counts.sent == 0 && counts.told == open {
                return;
            }
            counts.told = open;
            let answered = std::mem::take(&mut counts.answered);
            Passed { answered, sent: std::mem::take(&mut counts.sent), open }
        };
        match self.stored.tally(passed).await {
            // Nothing was done.
            Err(MailboxError::Unreachable(_) | MailboxError::Overloaded(_)) => {
                let mut counts = self.lock();
                counts.answered += passed.answered;
                counts.sent += passed.sent;
            }
            Err(error) => tracing::debug!(%error, "cannot tell what passed through a mailbox"),
            Ok(()) => {}
        }
    }
}
