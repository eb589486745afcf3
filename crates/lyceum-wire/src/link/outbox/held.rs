//! Messages that must not overtake a large one.

use std::collections::{HashSet, VecDeque};

use bytes::BytesMut;

use super::Head;
use super::large::Large;

/// What keeps its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Order {
    /// Messages of one sender.
    Sender(u64),
    /// Results of one stream, or answers to one question.
    Items(u64),
}

impl Order {
    /// Returns the order that a head has by itself, whoever sends it.
    pub(super) fn of_items(head: &Head) -> Option<Self> {
        match head {
            Head::Item { id, .. } | Head::ItemsEnd { id, .. } | Head::Told { id, .. } => {
                Some(Self::Items(*id))
            }
            _ => None,
        }
    }
}

/// A message that can go its way.
#[derive(Debug)]
pub(super) enum Ready {
    Small(Small),
    Large(Large),
}

/// An encoded frame.
#[derive(Debug)]
pub(super) struct Small {
    pub(super) frame: BytesMut,
    /// The call that it is.
    pub(super) call: Option<u64>,
}

/// Messages that wait for a large one before them.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The orders of which a large body is not through.
    busy: HashSet<Order>,
    queue: VecDeque<(Order, Ready)>,
}

impl Held {
    /// Returns whether a large body of this order is not through.
    pub(super) fn is_busy(&self, order: Order) -> bool {
        !self.busy.is_empty() && self.busy.contains(&order)
    }

    /// Returns a message that may go its way, and keeps one that may not.
    pub(super) fn pass(&mut self, order: Option<Order>, ready: Ready) -> Option<Ready> {
        let Some(order) = order else { return Some(ready) };
        if self.is_busy(order) {
            self.queue.push_back((order, ready));
            return None;
        }
        if matches!(ready, Ready::Large(_)) {
            self.busy.insert(order);
        }
        Some(ready)
    }

    /// Returns what waited for a large body of this order, which is through now.
    pub(super) fn release(&mut self, order: Order) -> Vec<Ready> {
        self.busy.remove(&order);
        let mut released = Vec::new();
        let mut kept = VecDeque::new();
        for (its_order, ready) in self.queue.drain(..) {
            if its_order == order {
                released.push(ready);
            } else {
                kept.push_back((its_order, ready));
            }
        }
        self.queue = kept;
        released
    }

    /// Takes away a call.
    pub(super) fn take(&mut self, call: u64) -> Option<Ready> {
        let place = self.queue.iter().position(|(_, ready)| ready.call() == Some(call))?;
        self.queue.remove(place).map(|(_, ready)| ready)
    }
}

impl Ready {
    fn call(&self) -> Option<u64> {
        match self {
            Self::Small(small) => small.call,
            Self::Large(large) => large.call(),
        }
    }
}
