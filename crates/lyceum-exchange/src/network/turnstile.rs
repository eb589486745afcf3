//! Keeping the messages of one sender in order while they wait for a channel, or for room in it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use lyceum_core::exchange::Request;
use lyceum_wire::AgentKey;

/// Lets the messages of each sender to each node go one after the other, in the order in which
/// they came. Those of others do not wait for them.
#[derive(Clone, Default)]
pub(crate) struct Turnstile(Arc<Mutex<Queues>>);

#[derive(Default)]
struct Queues {
    waiting: HashMap<Lane, VecDeque<Waiting>>,
    next: u64,
}

/// A sender and the node that it sends to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Lane {
    sender: Sender,
    target: u64,
}

struct Waiting {
    number: u64,
    waker: Option<Waker>,
}

/// Tells senders apart. Two may look the same; then they wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Sender(u64);

/// A message's place in its lane, until it has left.
pub(crate) struct Turn {
    turnstile: Turnstile,
    lane: Lane,
    number: u64,
}

impl Sender {
    /// All programs that are no tasks of a runtime.
    const PROGRAMS: u64 = 1 << 63;

    /// Returns who sends a request: an agent, or the task that runs on this thread.
    pub(crate) fn of(request: &Request) -> Self {
        match request.from.as_ref().map(|from| &from.agent) {
            Some(AgentKey::Id(id)) => Self(id.bits()),
            _ => Self(tokio::task::try_id().map_or(Self::PROGRAMS, |id| {
                let mut number = NumberOf(0);
                id.hash(&mut number);
                number.0 | Self::PROGRAMS
            })),
        }
    }

    /// Returns a number that stands for it.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

/// A hasher that keeps the number that it is fed.
struct NumberOf(u64);

impl Hasher for NumberOf {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Turnstile {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place behind all earlier messages of the sender.
    pub(crate) fn enter(&self, sender: Sender, target: u64) -> Turn {
        let lane = Lane { sender, target };
        let mut queues = self.lock();
        queues.next += 1;
        let number = queues.next;
        queues.waiting.entry(lane).or_default().push_back(Waiting { number, waker: None });
        Turn { turnstile: self.clone(), lane, number }
    }
}

impl Turn {
    /// Waits until all earlier messages have left.
    ///
    /// # Cancel safety
    ///
    /// The place is kept if the future is dropped.
    pub(crate) async fn come(&self) {
        poll_fn(|cx| {
            let mut queues = self.turnstile.lock();
            let Some(lane) = queues.waiting.get_mut(&self.lane) else { return Poll::Ready(()) };
            if lane.front().is_none_or(|first| first.number == self.number) {
                return Poll::Ready(());
            }
            if let Some(own) = lane.iter_mut().find(|waiting| waiting.number == self.number) {
                own.waker = Some(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.turnstile.lock();
        let Some(lane) = queues.waiting.get_mut(&self.lane) else { return };
        let was_first = lane.front().is_some_and(|first| first.number == self.number);
        lane.retain(|waiting| waiting.number != self.number);
        let next =
            if was_first { lane.front_mut().and_then(|next| next.waker.take()) } else { None };
        if lane.is_empty() {
            queues.waiting.remove(&self.lane);
        }
        drop(queues);
        if let Some(next) = next {
            next.wake();
        }
    }
}

impl fmt::Debug for Turnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turnstile").field("lanes", &self.lock().waiting.len()).finish()
    }
}
