//! Frames: what the current thread is running for which agent, set around each poll.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use lyceum_wire::NodeId;

use super::block::Block;
use super::departed::TurnRef;
use super::header::Header;
use crate::exchange::Origin;
use crate::life::Mode;
use crate::node::Shared;

/// How many turns may run in each other's callers.
const DEPTH_LIMIT: u32 = 8;
/// How much stack nested turns may use, in bytes.
const STACK_LIMIT: usize = 192 * 1024;

/// What the thread is running, linked to what it was running before.
pub(crate) struct Frame {
    pub(crate) node: NonNull<Shared>,
    /// The turn; none in jobs that no call started, and in a pump between turns.
    pub(crate) turn: Option<NonNull<Block>>,
    /// The agent that runs, in its turns and its jobs.
    pub(crate) agent: Option<NonNull<Header>>,
    /// Whether the turn is known to be short, so that what it schedules may wait for it.
    pub(crate) short: bool,
    /// Where the message comes from that is handed to its agent in this frame.
    pub(super) origin: Option<NonNull<Arc<Origin>>>,
    depth: u32,
    stack_base: usize,
}

thread_local! {
    static FRAME: Cell<*const Frame> = const { Cell::new(ptr::null()) };
}

/// Restores the thread's former frame.
pub(crate) struct Entered<'f> {
    former: *const Frame,
    _frame: &'f Frame,
}

impl Frame {
    /// Makes the frame of a turn or job on this thread.
    #[inline]
    pub(crate) fn new(
        node: NonNull<Shared>,
        agent: Option<NonNull<Header>>,
        turn: Option<NonNull<Block>>,
        short: bool,
    ) -> Self {
        let here = stack_position();
        let (depth, stack_base) = match current() {
            Some(outer) => {
                // SAFETY: frames outlive their time on the thread's list.
                let outer = unsafe { outer.as_ref() };
                (outer.depth + 1, outer.stack_base)
            }
            None => (0, here),
        };
        Self { node, turn, agent, short, origin: None, depth, stack_base }
    }

    /// Makes the frame in which a message from another node is handed to its agent.
    ///
    /// The chain of calls that led to it goes on from the turn of this node that it came from.
    pub(crate) fn of_arrival(node: NonNull<Shared>, origin: &Arc<Origin>) -> Self {
        let turn = origin.turn.as_ref().map(TurnRef::pointer);
        let agent = origin.turn.as_ref().map(TurnRef::agent);
        Self { origin: Some(NonNull::from(origin)), ..Self::new(node, agent, turn, false) }
    }

    /// Makes this the thread's frame until the guard is dropped.
    #[inline]
    pub(crate) fn enter(&self) -> Entered<'_> {
        Entered { former: FRAME.replace(self), _frame: self }
    }

    /// Returns the id of the node that runs on this thread.
    pub(crate) fn node_id(&self) -> NodeId {
        // SAFETY: the node of an entered frame is alive.
        unsafe { self.node.as_ref() }.id
    }

    /// Returns which world of simulated nodes runs on this thread.
    pub(crate) fn world(&self) -> Option<u64> {
        // SAFETY: the node of an entered frame is alive.
        unsafe { self.node.as_ref() }.world()
    }

    /// Returns when a time of this node is at another one, whose clock began at another moment.
    pub(crate) fn time_at(&self, other: &Shared, time: u64) -> u64 {
        if self.node == NonNull::from(other) || time == u64::MAX {
            return time;
        }
        // SAFETY: the node of an entered frame is alive.
        let left = time.saturating_sub(unsafe { self.node.as_ref() }.clock.nanos());
        other.clock.nanos().saturating_add(left)
    }

    /// Returns whether the agent is switched off, so that its jobs send nothing.
    pub(crate) fn is_silenced(&self) -> bool {
        // SAFETY: the agent of an entered frame is alive.
        self.agent.is_some_and(|agent| unsafe { agent.as_ref() }.mode() == Mode::Inactive)
    }

    /// Returns whether one more turn may run within this one.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.depth < DEPTH_LIMIT && self.stack_base.abs_diff(stack_position()) < STACK_LIMIT
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        FRAME.set(self.former);
    }
}

/// Returns the thread's frame.
#[inline]
pub(crate) fn current() -> Option<NonNull<Frame>> {
    NonNull::new(FRAME.get().cast_mut())
}

/// Runs `look` on the thread's frame, if it has one.
#[inline]
pub(crate) fn with_current<T>(look: impl FnOnce(&Frame) -> T) -> Option<T> {
    // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
    current().map(|frame| look(unsafe { frame.as_ref() }))
}

#[inline(always)]
fn stack_position() -> usize {
    let marker = 0u8;
    ptr::from_ref(&marker).addr()
}
