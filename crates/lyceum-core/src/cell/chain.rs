//! Chains: which turns led to a call, so that one that would wait for itself does not begin to.
//!
//! A call carries the chain of turns that led to it; following it finds a turn that the target
//! already runs. Calls that cross are in no common chain; see [`waits`](super::waits).

use std::ptr::NonNull;

use lyceum_wire::AccessKind;

use super::block::Block;
use super::frame::Frame;
use super::header::Header;

/// How a chain of calls holds an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Not,
    Shared,
    Exclusively,
}

/// Returns how the chain that ends with `turn` holds the agent.
pub(super) fn look(agent: NonNull<Header>, turn: Option<NonNull<Block>>) -> Held {
    let mut next = turn;
    let mut held = Held::Not;
    while let Some(block) = next {
        // SAFETY: the innermost turn runs on this thread, and the chain above is alive with it.
        let block = unsafe { block.as_ref() };
        if block.agent == agent && !block.phase.is_finished() {
            match block.vtable.info.access {
                AccessKind::Exclusive => return Held::Exclusively,
                AccessKind::Shared => held = Held::Shared,
                AccessKind::Detached => {}
            }
        }
        // Who gave a call up does not wait for what it leads to.
        next = block.parent().filter(|_| !block.phase.is_cancelled());
    }
    held
}

/// Returns the agent that runs on this thread, and those whose turns led to that.
///
/// The frame is entered, and what is returned is valid until it is left.
pub(super) fn agents(frame: &Frame) -> impl Iterator<Item = NonNull<Header>> {
    let mut next = frame.turn;
    let callers = std::iter::from_fn(move || {
        // SAFETY: the innermost turn runs on this thread, and the chain above is alive with it.
        let block = unsafe { next?.as_ref() };
        // Who gave a call up does not wait for what it leads to.
        next = block.parent().filter(|_| !block.phase.is_cancelled());
        Some((block.agent, block.phase.is_finished()))
    });
    let callers = callers.filter_map(|(agent, over)| (!over).then_some(agent));
    frame.agent.into_iter().chain(callers)
}
