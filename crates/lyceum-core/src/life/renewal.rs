//! Renewals: members of a supervisor that restart together, also if some fail again meanwhile.
//!
//! The old generations end, the youngest first; then the new ones start, the oldest first. A member
//! that fails in the middle of that has its strategy followed as any: those that have started are
//! closed again, the one that starts is interrupted, and those that wait wait on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::restart::{self, Plan};
use super::{DownReason, Mode, starting};
use crate::AgentRef;

/// A member that restarts, how, and why. It was [closed](restart::close).
pub(super) struct Renewed {
    pub(super) member: AgentRef,
    pub(super) plan: Arc<Plan>,
    pub(super) reason: DownReason,
}

/// Members that are to be renewed by one task, which is under way or not.
#[derive(Default)]
pub(super) struct Renewal(Mutex<Pending>);

/// What the task has not seen yet.
#[derive(Default)]
pub(super) struct Pending {
    /// In any order.
    closed: Vec<Renewed>,
    /// Which failure within the period the last one was.
    nth: u32,
    under_way: bool,
}

impl Renewal {
    /// Locks the renewal: no member begins to start meanwhile.
    pub(super) fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is new, and says which failure was the last one.
    pub(super) fn take(&self) -> (Vec<Renewed>, u32) {
        let mut pending = self.lock();
        (std::mem::take(&mut pending.closed), pending.nth)
    }

    /// Begins the start of a member, unless there is something new.
    pub(super) fn begin(&self, member: &AgentRef) -> bool {
        let pending = self.lock();
        let begins = pending.closed.is_empty();
        if begins {
            member.with_extras(starting::begin_renewal);
        }
        begins
    }

    /// Ends the task, unless there is something new.
    pub(super) fn end(&self) -> bool {
        let mut pending = self.lock();
        pending.under_way = !pending.closed.is_empty();
        !pending.under_way
    }
}

impl Pending {
    /// Adds the member that failed.
    pub(super) fn add_failed(&mut self, failed: Renewed, nth: u32) {
        self.closed.push(failed);
        self.nth = nth;
    }

    /// Adds a sibling that restarts with it, if it lives.
    pub(super) fn add_sibling(&mut self, member: AgentRef, plan: Arc<Plan>) {
        // One that is about to start is interrupted: what it stands on has failed.
        if !starting::interrupt(&member) && restart::close(&member) {
            self.closed.push(Renewed { member, plan, reason: DownReason::SiblingFailed });
        }
    }

    /// Returns whether a task is to be made for what was added.
    pub(super) fn needs_task(&mut self) -> bool {
        !std::mem::replace(&mut self.under_way, true)
    }
}

impl Renewed {
    /// Ends what belongs to the old generation.
    pub(super) async fn clear(&self) {
        self.member.node.note(self.member.id, "restart");
        restart::clear(&self.member, &self.plan, self.reason.clone()).await;
    }

    /// Starts the next generation; its start has begun.
    pub(super) async fn start(&self) -> Result<(), DownReason> {
        self.member.next_generation();
        restart::revive(&self.member, &self.plan).await
    }

    /// Returns whether the member still waits for its next generation.
    pub(super) fn waits(&self) -> bool {
        self.member.mode() == Mode::Starting
    }
}
