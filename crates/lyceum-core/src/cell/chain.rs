//! Chains and waits: how a call that would wait for itself is found before it does.
//!
//! A call carries the chain of turns that led to it; following it finds a turn that the target
//! already runs. Two calls that cross (A waits for B while B calls A) are in no common chain.
//! They are found in the graph of waits: each agent keeps a list of the calls that its turns wait
//! for, under one lock of the process, so that exactly one of the two is refused, and calls can be
//! followed from one node to another. What a detached turn or a job waits for is no part of it,
//! since those hold no agent.

use std::ptr::NonNull;

use lyceum_wire::AccessKind;

use super::block::{Block, BlockRef};
use super::frame;
use super::header::Header;
use super::lock::Lock;
use crate::AgentRef;

/// Guards the graph of waits: the lists of all agents of all nodes of this process. One lock, since
/// following them leads from agent to agent, and what is listed is surely alive under it alone.
static WAITS: Lock<()> = Lock::new(());
/// How many agents that wait for each other are followed.
const WAIT_LIMIT: usize = 1024;

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

/// A call in the list of what an agent's turns wait for. It counts the agent.
///
/// It is part of the call's ticket, which counts the call. Dropping it takes the call off the list,
/// so that what is listed is alive under the lock of the waits. A ticket that is leaked leaks its
/// count, too.
pub(super) struct Wait {
    waiter: AgentRef,
    call: NonNull<Block>,
}

// SAFETY: the pointer is followed under the lock of the waits alone, while the ticket counts it.
unsafe impl Send for Wait {}
// SAFETY: as above.
unsafe impl Sync for Wait {}

/// The call would close a ring of agents that wait for each other.
pub(super) struct Crossing;

/// Notes that the turn on this thread waits for a call; `None` if no turn runs that holds its
/// agent. The caller keeps the call for as long as the wait.
pub(super) fn enter(call: &BlockRef) -> Result<Option<Wait>, Crossing> {
    let waiter = frame::with_current(|frame| {
        let holds = |turn: NonNull<Block>| {
            // SAFETY: the turn of an entered frame is alive.
            unsafe { turn.as_ref() }.vtable.info.access != AccessKind::Detached
        };
        frame.agent.filter(|_| frame.turn.is_some_and(holds))
    });
    let Some(waiter) = waiter.flatten() else { return Ok(None) };
    // SAFETY: the agent of an entered frame is alive.
    let waiter = unsafe { AgentRef::from_alive(waiter) };
    // A leaked ticket stays listed, and may outlive every handle of the call's target.
    call.count_agent();
    let lock = WAITS.lock();
    // Whether a call to itself can start, its chain has told.
    if call.agent != waiter.pointer() && leads_to(call, waiter.pointer()) {
        drop(lock);
        return Err(Crossing);
    }
    let next = waiter.waits.replace(call.pointer().as_ptr());
    call.next_wait.set(next);
    if let Some(next) = NonNull::new(next) {
        // SAFETY: tickets keep listed calls alive; see `Wait`.
        unsafe { next.as_ref() }.previous_wait.set(call.pointer().as_ptr());
    }
    drop(lock);
    Ok(Some(Wait { waiter, call: call.pointer() }))
}

/// Returns whether a call waits, through others, for an agent. Under the lock of the waits.
fn leads_to(call: &Block, waiter: NonNull<Header>) -> bool {
    let mut first = Some((call.agent, call.vtable.info.access));
    let mut open = Vec::new();
    let mut seen = 0;
    while let Some((agent, access)) = first.take().or_else(|| open.pop()) {
        if agent == waiter {
            return true;
        }
        seen += 1;
        if seen > WAIT_LIMIT {
            return false;
        }
        // SAFETY: listed calls count their agents.
        let mut next = unsafe { agent.as_ref() }.waits.get();
        while let Some(wait) = NonNull::new(next) {
            // SAFETY: tickets keep listed calls alive; see `Wait`.
            let wait = unsafe { wait.as_ref() };
            if is_in_the_way(wait, access) {
                open.push((wait.agent, wait.vtable.info.access));
            }
            next = wait.next_wait.get();
        }
    }
    false
}

/// Returns whether the turn that waits for `wait` keeps a call of that access from starting.
fn is_in_the_way(wait: &Block, access: AccessKind) -> bool {
    if wait.phase.is_ended() {
        return false;
    }
    // SAFETY: a call counts the turn that made it.
    let holder = wait.parent().map(|turn| unsafe { turn.as_ref() }.vtable.info.access);
    matches!(
        (holder, access),
        (Some(AccessKind::Exclusive), AccessKind::Exclusive | AccessKind::Shared)
            | (Some(AccessKind::Shared), AccessKind::Exclusive)
    )
}

impl Drop for Wait {
    fn drop(&mut self) {
        let _lock = WAITS.lock();
        // SAFETY: the ticket that this is part of counts the call.
        let call = unsafe { self.call.as_ref() };
        let (previous, next) = (call.previous_wait.get(), call.next_wait.get());
        match NonNull::new(previous) {
            // SAFETY: tickets keep listed calls alive, and the lock is held.
            Some(previous) => unsafe { previous.as_ref() }.next_wait.set(next),
            None => self.waiter.waits.set(next),
        }
        if let Some(next) = NonNull::new(next) {
            // SAFETY: as above.
            unsafe { next.as_ref() }.previous_wait.set(previous);
        }
    }
}
