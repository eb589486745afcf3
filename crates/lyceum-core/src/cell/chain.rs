//! Chains and waits: how a call that would wait for itself is found before it does.
//!
//! A call carries the chain of turns that led to it; following it finds a turn that the target
//! already runs. Two calls that cross (A waits for B while B calls A) are in no common chain.
//! They are found from the edge "waits for" that each agent's exclusive turn keeps, under one
//! lock of the node, so that exactly one of the two is refused.

use std::ptr::{self, NonNull};

use lyceum_wire::AccessKind;

use super::block::Block;
use super::frame;
use super::header::Header;
use crate::AgentRef;

/// How many agents that wait for each other are followed.
const WAIT_LIMIT: usize = 4096;

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
        next = block.parent();
    }
    held
}

/// Notes that the exclusive turn on this thread waits for `target`.
///
/// Returns the agent that waits, whose note [`leave`] removes; an error if `target` waits,
/// through others, for that very agent.
pub(super) fn enter(target: &AgentRef) -> Result<Option<AgentRef>, Crossing> {
    let waiter = frame::with_current(|frame| frame.agent.filter(|_| frame.exclusive)).flatten();
    let Some(waiter) = waiter else { return Ok(None) };
    // SAFETY: the agent of an entered frame is alive.
    let waiter = unsafe { AgentRef::from_alive(waiter) };
    let _lock = target.node.waits.lock();
    let mut next = ptr::from_ref::<Header>(target);
    for _ in 0..WAIT_LIMIT {
        if next == waiter.pointer().as_ptr().cast_const() {
            return Err(Crossing);
        }
        // SAFETY: noted agents are counted by the tickets of the calls that wait, until those
        // remove the note under this lock.
        let Some(agent) = (unsafe { next.as_ref() }) else { break };
        next = agent.waits_for.get();
    }
    waiter.waits_for.set(ptr::from_ref::<Header>(target));
    Ok(Some(waiter))
}

/// The call would close a ring of agents that wait for each other.
pub(super) struct Crossing;

/// Removes the note that `waiter` waits for `target`.
pub(super) fn leave(waiter: &AgentRef, target: NonNull<Header>) {
    let _lock = waiter.node.waits.lock();
    if waiter.waits_for.get() == target.as_ptr().cast_const() {
        waiter.waits_for.set(ptr::null());
    }
}
