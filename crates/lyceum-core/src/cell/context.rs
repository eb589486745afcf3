//! The pointers in a `Context`: an agent, and the turn that it was made for.

use std::ptr::NonNull;

use super::block::Block;
use super::header::Header;
use crate::AgentRef;

/// An agent and the turn that runs; counted when owned by a `Context`, not inside of a block.
#[derive(Clone, Copy)]
pub(crate) struct RawContext {
    agent: NonNull<Header>,
    turn: Option<NonNull<Block>>,
}

/// A counted agent and turn.
#[repr(transparent)]
pub(crate) struct OwnedContext(RawContext);

// SAFETY: both pointers are counted, and what they point to is shared between threads.
unsafe impl Send for OwnedContext {}
// SAFETY: as above.
unsafe impl Sync for OwnedContext {}

impl RawContext {
    pub(super) fn of_turn(agent: NonNull<Header>, turn: NonNull<Block>) -> Self {
        Self { agent, turn: Some(turn) }
    }
}

impl OwnedContext {
    /// Makes the context of a job that no call started.
    pub(crate) fn of_agent(agent: &AgentRef) -> Self {
        // SAFETY: the reference keeps the header alive.
        unsafe { agent.pointer().as_ref() }.retain();
        Self(RawContext { agent: agent.pointer(), turn: None })
    }

    /// Reads the context that a block carries, as a reference that owns no counts.
    ///
    /// # Safety
    ///
    /// The block is alive for as long as the reference, and so is its agent.
    pub(super) unsafe fn of_block<'a>(block: NonNull<Block>) -> &'a Self {
        // SAFETY: as the caller says; `OwnedContext` is a transparent wrapper of `RawContext`,
        // and behind a reference it is never dropped.
        unsafe { &*(&raw const (*block.as_ptr()).context).cast::<Self>() }
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the header is counted here, or by the turn that the block runs.
        unsafe { self.0.agent.as_ref() }
    }

    pub(crate) fn turn(&self) -> Option<&Block> {
        // SAFETY: as above.
        self.0.turn.map(|turn| unsafe { turn.as_ref() })
    }

    pub(crate) fn agent(&self) -> AgentRef {
        // SAFETY: as above.
        unsafe { AgentRef::from_alive(self.0.agent) }
    }
}

impl Clone for OwnedContext {
    fn clone(&self) -> Self {
        self.header().retain();
        if let Some(turn) = self.turn() {
            turn.count_agent();
            turn.retain();
        }
        Self(self.0)
    }
}

impl Drop for OwnedContext {
    fn drop(&mut self) {
        // SAFETY: an owned context counts both.
        unsafe {
            if let Some(turn) = self.0.turn {
                Block::release(turn);
            }
            Header::release(self.0.agent);
        }
    }
}
