//! What a message brings along of the calls that led to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lyceum_wire::{Address, NodeId, TraceContext};
use serde::{Deserialize, Serialize};

use crate::cell::{self, TurnRef};
use crate::node::Shared;

/// How many calls of a chain travel; earlier ones are forgotten, and found by the deadline alone.
const HOP_LIMIT: usize = 64;

/// A call of a chain that went from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The node that made the call.
    pub node: NodeId,
    /// Which of its calls it was.
    pub call: u64,
}

/// Where a message comes from that came in from another node.
///
/// A turn that handles it passes it on with the calls that it makes, so that a chain of calls that
/// comes back is found, and a trace stays whole.
#[derive(Debug, Default)]
pub struct Origin {
    /// The calls between nodes that led to the message, the first one first.
    pub hops: Vec<Hop>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// Who sent it, where that is an agent or a user.
    pub from: Option<Address>,
    /// How often the message was delivered, this time included, where its exchange delivers again;
    /// 0 where it does not say.
    pub attempt: u32,
    /// The turn of this node that the chain comes from last.
    pub(crate) turn: Option<TurnRef>,
}

/// The turns whose calls went to other nodes.
#[derive(Default)]
pub(crate) struct Departures(Mutex<Departed>);

#[derive(Default)]
struct Departed {
    turns: HashMap<u64, TurnRef>,
    next: u64,
}

/// Who makes a call to another node: what of its chain travels.
pub(crate) struct Caller {
    node: Arc<Shared>,
    departed: Option<u64>,
    pub(crate) hops: Vec<Hop>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) from: Option<Address>,
}

impl Origin {
    /// Makes the origin of a message: the calls between nodes that led to it, its trace, and who
    /// sent it.
    pub fn new(hops: Vec<Hop>, trace: Option<TraceContext>, from: Option<Address>) -> Self {
        Self { hops, trace, from, attempt: 0, turn: None }
    }

    /// Makes the origin of a message that was delivered so often, this time included.
    pub fn redelivered(attempt: u32) -> Self {
        Self { attempt, ..Self::default() }
    }

    /// Finds the turn of `node` that the chain comes from.
    pub(crate) fn arrive(&mut self, node: &Shared) {
        let departed = self.hops.iter().rev().filter(|hop| hop.node == node.id);
        self.turn = departed.into_iter().find_map(|hop| node.departures.find(hop.call));
    }
}

impl Departures {
    fn lock(&self) -> std::sync::MutexGuard<'_, Departed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, call: u64) -> Option<TurnRef> {
        self.lock().turns.get(&call).cloned()
    }
}

impl Caller {
    /// Notes who runs on this thread as the caller of a message that leaves the node.
    pub(crate) fn depart(node: &Arc<Shared>, one_way: bool) -> Self {
        let origin = cell::current_origin();
        let from = cell::current_agent().map(|agent| agent.address());
        let trace = origin.as_ref().and_then(|origin| origin.trace);
        let mut caller = Self { node: node.clone(), departed: None, hops: Vec::new(), trace, from };
        if one_way {
            // One-way messages start chains of their own: nobody waits for them.
            return caller;
        }
        caller.hops = origin.map(|origin| origin.hops.clone()).unwrap_or_default();
        if let Some(turn) = TurnRef::current() {
            let mut departures = node.departures.lock();
            departures.next += 1;
            let call = departures.next;
            departures.turns.insert(call, turn);
            caller.departed = Some(call);
            caller.hops.push(Hop { node: node.id, call });
        }
        let surplus = caller.hops.len().saturating_sub(HOP_LIMIT);
        caller.hops.drain(..surplus);
        caller
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(call) = self.departed {
            // Bound to a variable: it is dropped after the lock.
            let _turn = self.node.departures.lock().turns.remove(&call);
        }
    }
}
