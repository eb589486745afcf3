//! What this side waits for: answers to calls and questions, and streams of results.

use std::collections::HashMap;

use bytes::Bytes;
use lyceum_wire::Encoding;
use lyceum_wire::link::{Fault, Outcome};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// How many results of one stream may be on their way.
pub(super) const STREAM_AHEAD: u32 = 32;

/// What came back for a call or question.
pub(super) struct Arrived {
    pub(super) outcome: Outcome,
    pub(super) body: Bytes,
}

/// One of a stream of results, or its end.
pub(super) enum ArrivedItem {
    Item(Encoding, Bytes),
    End(Option<Fault>),
}

/// The share of the other side's windows that a call takes until it is over.
#[derive(Default)]
pub(super) struct Share {
    pub(super) _call: Option<OwnedSemaphorePermit>,
    pub(super) _bytes: Option<OwnedSemaphorePermit>,
}

/// Something that was sent and is not over.
struct Open {
    waiting: Waiting,
    /// Kept until it is over, since the other side is busy with it until then.
    _share: Share,
}

enum Waiting {
    Answer(oneshot::Sender<Arrived>),
    Stream {
        answer: Option<oneshot::Sender<Arrived>>,
        items: mpsc::Sender<ArrivedItem>,
    },
    /// Nobody waits, but the other side may still be busy with it.
    Nobody,
}

/// What this side waits for, by number.
#[derive(Default)]
pub(super) struct Calls(HashMap<u64, Open>);

/// Everything that waited on a channel that has ended; dropping it ends the waits.
pub(super) struct AllOpen {
    _all: Vec<Open>,
}

impl Calls {
    /// Notes that somebody waits for an answer.
    pub(super) fn insert(&mut self, id: u64, share: Share) -> oneshot::Receiver<Arrived> {
        let (sender, receiver) = oneshot::channel();
        self.0.insert(id, Open { waiting: Waiting::Answer(sender), _share: share });
        receiver
    }

    /// Notes that somebody waits for a stream of results.
    pub(super) fn insert_stream(
        &mut self,
        id: u64,
        share: Share,
    ) -> (oneshot::Receiver<Arrived>, mpsc::Receiver<ArrivedItem>) {
        let (sender, receiver) = oneshot::channel();
        // One more for the end.
        let (items, all) = mpsc::channel(STREAM_AHEAD as usize + 1);
        let waiting = Waiting::Stream { answer: Some(sender), items };
        self.0.insert(id, Open { waiting, _share: share });
        (receiver, all)
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&mut self, id: u64, arrived: Arrived) {
        let streaming = arrived.outcome == Outcome::Streaming;
        let Some(open) = self.0.get_mut(&id) else { return };
        let sender = match &mut open.waiting {
            Waiting::Stream { answer, .. } if streaming => answer.take(),
            Waiting::Nobody if streaming => None,
            _ => match self.0.remove(&id).map(|open| open.waiting) {
                Some(Waiting::Answer(sender)) => Some(sender),
                Some(Waiting::Stream { answer, .. }) => answer,
                Some(Waiting::Nobody) | None => None,
            },
        };
        if let Some(sender) = sender {
            // Whoever gave up meanwhile does not miss it.
            let _ = sender.send(arrived);
        }
    }

    /// Hands over one of a stream of results, or its end. One that there is no room for was sent
    /// against the rules, and is lost.
    pub(super) fn item(&mut self, id: u64, item: ArrivedItem) {
        let over = matches!(item, ArrivedItem::End(_));
        if let Some(Open { waiting: Waiting::Stream { items, .. }, .. }) = self.0.get(&id)
            && items.try_send(item).is_err()
        {
            tracing::debug!(id, "a result came that nobody has room for");
        }
        if over {
            self.0.remove(&id);
        }
    }

    /// Notes that nobody waits any more; false if it was over already.
    pub(super) fn abandon(&mut self, id: u64) -> bool {
        let Some(open) = self.0.get_mut(&id) else { return false };
        !matches!(std::mem::replace(&mut open.waiting, Waiting::Nobody), Waiting::Nobody)
    }

    /// Forgets what the other side never heard of.
    pub(super) fn forget(&mut self, id: u64) {
        self.0.remove(&id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take_all(&mut self) -> AllOpen {
        let mut all: Vec<_> = self.0.drain().collect();
        // They end in the order in which they were sent.
        all.sort_unstable_by_key(|(id, _)| *id);
        AllOpen { _all: all.into_iter().map(|(_, open)| open).collect() }
    }
}
