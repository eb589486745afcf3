//! What the tests know of who waits for whom, and how they tell whether anybody waits for ever.
//!
//! It is told of each call when it is sent, starts and ends, and looks at nothing of the node's. It
//! does not search for rings: it lets everybody finish who can, until nobody else can.

use std::collections::{BTreeMap, VecDeque};

/// How a turn reaches its agent's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Exclusive,
    Shared,
    Detached,
}

/// All calls under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    calls: BTreeMap<u64, Call>,
    /// The mailbox of each agent.
    queues: BTreeMap<usize, VecDeque<u64>>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Call {
    agent: usize,
    access: Access,
    runs: bool,
    /// The turn that waits for it.
    caller: Option<u64>,
}

impl Model {
    /// Returns the number of the next call.
    pub(crate) fn next(&self) -> u64 {
        self.last + 1
    }

    /// Notes a call that is about to be sent; returns its number.
    pub(crate) fn send(&mut self, caller: Option<u64>, agent: usize, access: Access) -> u64 {
        self.last += 1;
        // What its own chain holds, it does not wait for, if it can run beside that.
        let joins = match access {
            Access::Exclusive => false,
            Access::Shared => self.chain_holds(caller, agent, Access::Shared),
            Access::Detached => {
                self.chain_holds(caller, agent, Access::Shared)
                    || self.chain_holds(caller, agent, Access::Exclusive)
            }
        };
        self.calls.insert(self.last, Call { agent, access, runs: joins, caller });
        if !joins {
            self.queues.entry(agent).or_default().push_back(self.last);
        }
        self.last
    }

    fn chain_holds(&self, caller: Option<u64>, agent: usize, access: Access) -> bool {
        let mut next = caller;
        while let Some(turn) = next.and_then(|turn| self.calls.get(&turn)) {
            if (turn.agent, turn.access) == (agent, access) {
                return true;
            }
            next = turn.caller;
        }
        false
    }

    pub(crate) fn start(&mut self, call: u64) {
        let Some(started) = self.calls.get_mut(&call) else { return };
        started.runs = true;
        let queue = self.queues.entry(started.agent).or_default();
        queue.retain(|queued| *queued != call);
    }

    /// Notes that a turn is over, or that a call came to nothing.
    pub(crate) fn end(&mut self, call: u64) {
        if let Some(ended) = self.calls.remove(&call) {
            self.queues.entry(ended.agent).or_default().retain(|queued| *queued != call);
        }
    }

    /// Notes that the caller of a call does not wait any more: one that runs goes on.
    pub(crate) fn give_up(&mut self, call: u64) {
        match self.calls.get_mut(&call) {
            Some(given_up) if given_up.runs => given_up.caller = None,
            _ => self.end(call),
        }
    }

    /// Returns whether a call never ends, although every turn ends that waits for nobody.
    pub(crate) fn is_stuck(&self, call: u64) -> bool {
        let mut rest = self.clone();
        while rest.step() {}
        rest.calls.contains_key(&call)
    }

    /// Ends a turn that waits for nobody, or starts a call that can start.
    fn step(&mut self) -> bool {
        let waited_for = |turn| self.calls.values().any(|call| call.caller == Some(turn));
        let done = self.calls.iter().find(|(turn, call)| call.runs && !waited_for(**turn));
        if let Some(turn) = done.map(|(turn, _)| *turn) {
            self.end(turn);
            return true;
        }
        let heads = self.queues.values().filter_map(|queue| queue.front().copied());
        let Some(head) = heads.into_iter().find(|head| self.fits(*head)) else { return false };
        self.start(head);
        true
    }

    fn fits(&self, head: u64) -> bool {
        let Call { agent, access, .. } = self.calls[&head];
        let excludes = |turn: &Call| match (access, turn.access) {
            (Access::Detached, _) | (_, Access::Detached) => false,
            (Access::Shared, Access::Shared) => false,
            (Access::Exclusive, _) | (_, Access::Exclusive) => true,
        };
        let turns = self.calls.values().filter(|turn| turn.runs && turn.agent == agent);
        !turns.into_iter().any(excludes)
    }
}
