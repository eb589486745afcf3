//! Turns whose calls leave the node, and what came in with the messages of others.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use super::block::{Block, BlockRef};
use super::chain;
use super::frame;
use super::header::Header;
use crate::AgentRef;
use crate::exchange::Origin;

/// A turn that made a call to another node, kept so that a chain that comes back finds it.
#[derive(Clone)]
pub(crate) struct TurnRef(BlockRef);

impl TurnRef {
    /// Returns the turn that runs on this thread.
    pub(crate) fn current() -> Option<Self> {
        let turn = frame::with_current(|frame| frame.turn).flatten()?;
        // SAFETY: the turn of an entered frame is alive.
        let turn = unsafe { BlockRef::from_alive(turn) };
        turn.count_agent();
        turn.count_parents();
        Some(Self(turn))
    }

    pub(super) fn pointer(&self) -> NonNull<Block> {
        self.0.pointer()
    }

    pub(super) fn agent(&self) -> NonNull<Header> {
        self.0.agent
    }
}

impl fmt::Debug for TurnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TurnRef({})", self.0.vtable.info)
    }
}

/// Returns the agent that runs on this thread, in a turn or a job.
pub(crate) fn current_agent() -> Option<AgentRef> {
    let agent = frame::with_current(|frame| frame.agent).flatten()?;
    // SAFETY: the agent of an entered frame is alive.
    Some(unsafe { AgentRef::from_alive(agent) })
}

/// Returns the agent that runs on this thread, and those whose turns wait for it.
pub(crate) fn current_agents() -> Vec<AgentRef> {
    let agents = frame::with_current(|frame| {
        // SAFETY: the agents of an entered frame and of the chain that led to it are alive.
        let counted = |agent| unsafe { AgentRef::from_alive(agent) };
        chain::agents(frame).map(counted).collect()
    });
    agents.unwrap_or_default()
}

/// Returns until when the caller of the turn on this thread waits; `u64::MAX` for ever.
pub(crate) fn current_deadline() -> u64 {
    let turn = frame::with_current(|frame| frame.turn).flatten();
    // SAFETY: the turn of an entered frame is alive.
    turn.map_or(u64::MAX, |turn| match unsafe { turn.as_ref() } {
        turn if turn.one_way.get() => u64::MAX,
        turn => match turn.decided_deadline() {
            u64::MAX => turn.earliest_above(),
            deadline => deadline,
        },
    })
}

/// Returns where the message came from that led to what runs on this thread.
pub(crate) fn current_origin() -> Option<Arc<Origin>> {
    let mut next = frame::with_current(|frame| frame.turn).flatten();
    while let Some(turn) = next {
        // SAFETY: the turn of an entered frame is alive, and so is the chain above it.
        let turn = unsafe { turn.as_ref() };
        if let Some(origin) = turn.origin() {
            return Some(origin);
        }
        next = turn.parent();
    }
    None
}
