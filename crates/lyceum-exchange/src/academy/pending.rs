//! Requests that wait for their answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_wire::academy::{Message, Unread, Uuid};
use tokio::sync::oneshot;

/// Requests of one node that wait at one exchange.
const PENDING_LIMIT: usize = 65_536;

type Waiting = HashMap<Uuid, oneshot::Sender<Message<Unread>>>;

/// The requests that wait for their answers, by tag.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Waiting,
    is_closed: bool,
}

/// One request that waits; no more when this is dropped.
#[derive(Debug)]
pub(super) struct Expected {
    pending: Arc<Pending>,
    pub(super) tag: Uuid,
    answer: oneshot::Receiver<Message<Unread>>,
}

/// Says that no request can wait any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer with a tag.
    pub(super) fn expect(self: &Arc<Self>, tag: Uuid) -> Result<Expected, Refused> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Refused::Closed);
        }
        if state.waiting.len() >= PENDING_LIMIT {
            return Err(Refused::Full);
        }
        let (sender, answer) = oneshot::channel();
        state.waiting.insert(tag, sender);
        Ok(Expected { pending: self.clone(), tag, answer })
    }

    /// Hands an answer to who waits for it. What nobody waits for any more is dropped.
    pub(super) fn answer(&self, message: Message<Unread>) {
        let waiting = self.lock().waiting.remove(&message.header.tag);
        let Some(sender) = waiting else { return };
        // Whoever waited may have gone just now.
        let _ = sender.send(message);
    }

    /// Ends all waiting, now and later.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.fail();
    }

    /// Ends all waiting.
    pub(super) fn fail(&self) {
        let waiting = std::mem::take(&mut self.lock().waiting);
        drop(waiting);
    }
}

impl Expected {
    /// Waits for the answer; `None` if there will be none.
    pub(super) async fn answer(&mut self) -> Option<Message<Unread>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let gone = self.pending.lock().waiting.remove(&self.tag);
        drop(gone);
    }
}
