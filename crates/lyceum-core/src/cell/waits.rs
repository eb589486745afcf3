//! Waits: the graph of calls that wait for each other, in which a ring is a deadlock.
//!
//! Its nodes are calls, which become turns when they start. What waits for what:
//!
//! - A turn waits for each call that it made and that has no outcome yet, whatever the access of
//!   both: a detached turn holds no agent, but its caller waits for it. Whether the turn awaits the
//!   call now, and whether another one would do as well, nobody knows.
//! - A call that is queued waits for the turns that hold its target, where they keep it from
//!   starting, or a message ahead of it. So an exclusive call waits for all of them; a shared one
//!   for an exclusive turn, and behind an exclusive message for shared turns, too; a detached one
//!   as what is ahead of it does. Nothing is ahead of a call in the control lane: one that joins a
//!   turn of its chain, or a turn of the agent's own.
//!
//! Whoever waits for several waits for all of them, so that each ring is a deadlock, and each
//! deadlock has a ring. Jobs are no part of it, since they hold no agent and answer no call, and
//! neither is what waits for room in a mailbox, or for turns and jobs to become fewer.
//!
//! # When a ring is found
//!
//! What a turn waits for is listed under one lock of the process, from when it begins to wait until
//! there is an outcome. What a queued call waits for is looked up. While the lock is held, such a
//! wait can only end: who gets into a mailbox or starts just then waits for nothing that is listed.
//! So whoever lists the last wait of a ring sees the others, unless there are too many, and whoever
//! sees a ring is in one.
//!
//! The last one is always the wait for a call that is still queued, and can be taken back. A call
//! that its caller runs within its own turn is not listed, since it may be over at once; it is as
//! soon as it has to wait itself.
//!
//! # Invariants
//!
//! A call is listed from [`enter`], for itself or for one that it made, until [`leave`], and is
//! alive until then: its ticket counts it, or its caller runs it. It counts the turn that made it,
//! and both count their agents. So what is listed is alive, and so is the agent in whose list it
//! is. In that list the calls of one turn are next to each other.

use std::collections::HashSet;
use std::ptr::{self, NonNull};

use lyceum_wire::AccessKind;

use super::block::Block;
use super::header::Header;
use super::lock::{Guard, Lock};

/// How many steps a search for a ring takes: it keeps all others from waiting meanwhile. There are
/// two for each agent of a ring, to its turns and to their calls, and more for what leads nowhere.
const SEARCH_LIMIT: u32 = 4096;

/// Guards the lists of all agents of all nodes of this process.
static WAITS: Lock<()> = Lock::new(());

/// How a call takes part in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// Not yet.
    New,
    /// It is in the list of the agent whose turn made it.
    Listed,
    /// It was, or never will be: nobody waits for it any more.
    Over,
}

/// Notes that the turn that made a call waits for it; true if that turn now waits for itself.
///
/// The call counts that turn. Whoever keeps the call says [`leave`] before it lets go of it.
pub(super) fn enter(call: &Block) -> bool {
    let graph = Graph::lock();
    graph.list(call);
    graph.turn_of(call).is_some_and(|turn| Search::new(&graph).leads(call, turn))
}

/// Notes that nobody waits for a call any more.
pub(super) fn leave(call: &Block) {
    let graph = Graph::lock();
    if call.listing.replace(Listing::Over) == Listing::Listed {
        graph.remove(call);
    }
}

/// The lists, locked: what they lead to is alive for as long as this is borrowed.
struct Graph {
    _lock: Guard<'static, ()>,
}

impl Graph {
    fn lock() -> Self {
        Self { _lock: WAITS.lock() }
    }

    /// Lists a call, and those above it that are not listed since their callers run them.
    fn list(&self, call: &Block) {
        let mut call = call;
        while call.listing.get() == Listing::New
            && let Some(turn) = self.turn_of(call)
        {
            call.listing.set(Listing::Listed);
            // Both agents are alive: nobody has left the call, so that its turn still runs.
            call.count_agent();
            turn.count_agent();
            self.insert(call, turn);
            call = turn;
        }
    }

    fn insert(&self, call: &Block, turn: &Block) {
        let agent = self.agent_of(turn);
        let previous = turn.waits.get();
        let next = match self.listed(previous) {
            Some(first) => &first.next_wait,
            None => {
                turn.waits.set(ptr::from_ref(call).cast_mut());
                &agent.waits
            }
        };
        let next = next.replace(ptr::from_ref(call).cast_mut());
        call.previous_wait.set(previous);
        call.next_wait.set(next);
        if let Some(next) = self.listed(next) {
            next.previous_wait.set(ptr::from_ref(call).cast_mut());
        }
    }

    fn remove(&self, call: &Block) {
        let Some(turn) = self.turn_of(call) else { unreachable!("a turn made each listed call") };
        let (previous, next) = (self.listed(call.previous_wait.get()), call.next_wait.get());
        if ptr::eq(turn.waits.get(), call) {
            let is_same = self.listed(next).is_some_and(|next| next.is_made_by(turn));
            turn.waits.set(if is_same { next } else { ptr::null_mut() });
        }
        previous.map_or(&self.agent_of(turn).waits, |previous| &previous.next_wait).set(next);
        if let Some(next) = self.listed(next) {
            next.previous_wait.set(call.previous_wait.get());
        }
    }

    /// Returns the turn that made a call.
    fn turn_of<'g>(&'g self, call: &'g Block) -> Option<&'g Block> {
        // SAFETY: the call counts it, and so do all calls above one that may be waited for.
        call.parent().map(|turn| unsafe { turn.as_ref() })
    }

    /// Returns the agent of a call that is listed, or of a turn that made one.
    fn agent_of<'g>(&'g self, call: &'g Block) -> &'g Header {
        // SAFETY: such calls and turns count their agents.
        unsafe { call.agent.as_ref() }
    }

    fn listed(&self, call: *mut Block) -> Option<&Block> {
        // SAFETY: what the lists lead to is listed, and what is listed is alive.
        NonNull::new(call).map(|call| unsafe { call.as_ref() })
    }

    /// Returns a listed call and those behind it.
    fn from(&self, first: *mut Block) -> impl Iterator<Item = &Block> {
        std::iter::successors(self.listed(first), |call| self.listed(call.next_wait.get()))
    }

    /// Returns the calls that a turn waits for.
    fn calls_of<'g>(&'g self, turn: &'g Block) -> impl Iterator<Item = &'g Block> {
        self.from(turn.waits.get()).take_while(|call| call.is_made_by(turn))
    }
}

/// A search for a ring.
struct Search<'g> {
    graph: &'g Graph,
    /// Turns that were reached, and whose calls are still to be followed.
    open: Vec<&'g Block>,
    /// All turns that were reached, and the agents all of whose holders were, by their addresses.
    reached: HashSet<usize>,
    /// How many more steps it takes.
    left: u32,
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self { graph, open: Vec::new(), reached: HashSet::new(), left: SEARCH_LIMIT }
    }

    /// Returns whether a call waits, through others, for a turn.
    fn leads(mut self, call: &'g Block, goal: &Block) -> bool {
        self.follow(call);
        while let Some(turn) = self.open.pop() {
            if ptr::eq(turn, goal) {
                return true;
            }
            for call in self.graph.calls_of(turn) {
                if !self.goes_on() {
                    return false;
                }
                self.follow(call);
            }
        }
        false
    }

    /// Reaches the turns that a call waits for.
    fn follow(&mut self, call: &'g Block) {
        if call.phase.is_cancelled() {
            return;
        }
        if !call.waits.get().is_null() {
            // It runs, since it made calls.
            self.reach(call);
            return;
        }
        let agent = self.graph.agent_of(call);
        if agent.waits.get().is_null() || self.reached.contains(&address(agent)) {
            return;
        }
        let mut waits = false;
        for other in self.graph.from(agent.waits.get()) {
            if !self.goes_on() {
                return;
            }
            let Some(turn) = self.graph.turn_of(other).filter(|turn| is_holder(turn)) else {
                continue;
            };
            // An agent is held by one exclusive turn or by shared ones: the first tells for all.
            if !waits && !agent.mailbox.has_behind(turn.vtable.info.access, call) {
                return;
            }
            waits = true;
            self.reach(turn);
        }
        if waits {
            self.reached.insert(address(agent));
        }
    }

    fn reach(&mut self, turn: &'g Block) {
        if self.reached.insert(address(turn)) {
            self.open.push(turn);
        }
    }

    /// Counts a step; false if that was the last.
    fn goes_on(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

/// Returns whether a turn keeps other turns of its agent from starting.
fn is_holder(turn: &Block) -> bool {
    turn.vtable.info.access != AccessKind::Detached && !turn.phase.is_finished()
}

fn address<T>(place: &T) -> usize {
    ptr::from_ref(place).addr()
}
