//! What only some agents have: names, families, jobs, policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use lyceum_wire::{Address, AgentId, AgentName};
use tokio::sync::oneshot;

use super::waiters::Waiters;
use super::{Down, DownReason, OnFailure, Restart};
use crate::behaviour::BehaviourList;
use crate::caught::Kept;
use crate::life::restart::{NewState, Plan};
use crate::life::starting::Start;
use crate::life::supervisor::Member;
use crate::node::Job;

/// What only some agents have; made when first needed.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) name: Option<AgentName>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) parent: Option<AgentId>,
    /// Those that live, until their burials take them out.
    pub(crate) children: BTreeSet<AgentId>,
    pub(crate) links: Vec<AgentId>,
    /// Who watches the agents elsewhere that this one goes down with.
    pub(crate) far_links: Vec<(Address, Job<()>)>,
    pub(crate) monitors: Vec<oneshot::Sender<Down>>,
    /// Those who wait for the end. They stay with the agent when it is buried.
    pub(crate) end_waiters: Waiters,
    /// Those who wait for the agent to begin to stop.
    pub(crate) stop_waiters: Waiters,
    /// Those who wait for the state to be dropped.
    pub(crate) dropped_wakers: Vec<Waker>,
    /// Those that behaviours of the agent wait for.
    pub(crate) flags: BTreeMap<&'static str, Flag>,
    pub(crate) jobs: Jobs,
    pub(crate) behaviours: BehaviourList,
    pub(crate) subscriptions: Vec<u64>,
    pub(crate) on_panic: OnFailure,
    pub(crate) on_error: OnFailure,
    pub(crate) grace: Option<Duration>,
    /// The start that is under way.
    pub(crate) start: Option<Start>,
    /// Whether behaviours and subscriptions of the present generation were started.
    pub(crate) begun: bool,
    pub(crate) plan: Option<Arc<Plan>>,
    pub(crate) member: Option<Member>,
    /// The state that the holder is to put into the cell.
    pub(crate) new_state: Option<Kept<NewState>>,
    /// Why the agent ended, or will.
    pub(crate) reason: Option<DownReason>,
    detached_handled: u64,
    detached_failed: u64,
}

/// A flag that behaviours wait for.
#[derive(Default)]
pub(crate) struct Flag {
    pub(crate) set: bool,
    pub(crate) waiters: Waiters,
}

/// The jobs of an agent, by place.
#[derive(Default)]
pub(crate) struct Jobs {
    next: u64,
    running: BTreeMap<u64, Option<Job<()>>>,
    /// The detached turns that are dropped when their callers give up, by their keys.
    droppable: BTreeMap<usize, JobPlace>,
    /// Those who wait until no job is left, or one that has a place is there.
    pub(crate) wakers: Vec<Waker>,
}

/// How many jobs one agent may have at once, detached turns among them.
pub(super) const JOB_LIMIT: usize = 65_536;

/// Which of an agent's jobs is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JobPlace(u64);

impl Jobs {
    /// Reserves a place, before the job exists.
    pub(crate) fn reserve(&mut self) -> JobPlace {
        self.next += 1;
        self.running.insert(self.next, None);
        JobPlace(self.next)
    }

    /// Reserves a place for a detached turn; one with a key can be found by it.
    pub(super) fn reserve_turn(&mut self, key: Option<usize>) -> JobPlace {
        let place = self.reserve();
        if let Some(key) = key {
            self.droppable.insert(key, place);
        }
        place
    }

    /// Returns the place of a detached turn, which is not found by its key any more.
    pub(crate) fn forget_turn(&mut self, key: usize) -> Option<JobPlace> {
        self.droppable.remove(&key)
    }

    /// Fills a place; gives the job back if it is over already. Wakes those who wait for that.
    pub(crate) fn fill(&mut self, place: JobPlace, job: Job<()>) -> (Option<Job<()>>, Vec<Waker>) {
        match self.running.get_mut(&place.0) {
            Some(slot) => {
                *slot = Some(job);
                (None, std::mem::take(&mut self.wakers))
            }
            None => (Some(job), Vec::new()),
        }
    }

    /// Returns the place that was reserved last.
    pub(super) fn last_place(&self) -> JobPlace {
        JobPlace(self.next)
    }

    /// Takes out the jobs up to a place, but for those that do not exist yet.
    pub(super) fn take_until(&mut self, last: JobPlace) -> Vec<Job<()>> {
        let until = self.running.range_mut(..=last.0);
        let jobs: Vec<_> = until.filter_map(|(place, job)| Some((*place, job.take()?))).collect();
        jobs.into_iter()
            .map(|(place, job)| {
                self.running.remove(&place);
                job
            })
            .collect()
    }

    /// Waits until a place up to this one is filled; false if none is reserved.
    pub(super) fn poll_filled(&mut self, last: JobPlace, waker: &Waker) -> Poll<bool> {
        let mut until = self.running.range(..=last.0).peekable();
        if until.peek().is_none() {
            return Poll::Ready(false);
        }
        if until.any(|(_, job)| job.is_some()) {
            return Poll::Ready(true);
        }
        self.wakers.push(waker.clone());
        Poll::Pending
    }

    /// Takes a job out, which is over or to be cancelled; wakes those who wait for the last one.
    pub(crate) fn remove(&mut self, place: JobPlace) -> (Option<Job<()>>, Vec<Waker>) {
        let job = self.running.remove(&place.0).flatten();
        let wakers =
            if self.running.is_empty() { std::mem::take(&mut self.wakers) } else { Vec::new() };
        (job, wakers)
    }

    /// Takes all jobs out.
    pub(crate) fn take_all(&mut self) -> Vec<Job<()>> {
        std::mem::take(&mut self.running).into_values().flatten().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Returns whether the agent may have no more.
    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= JOB_LIMIT
    }
}

impl Extras {
    pub(crate) fn count_detached(&mut self, failed: bool) {
        self.detached_handled += 1;
        self.detached_failed += u64::from(failed);
    }

    /// Counts a stream of results that panicked; the turn that answered with it is counted.
    pub(crate) fn count_failed_stream(&mut self) {
        self.detached_failed += 1;
    }

    pub(crate) fn detached_counts(&self) -> (u64, u64) {
        (self.detached_handled, self.detached_failed)
    }

    /// Returns whether the agent can simply be buried.
    pub(crate) fn is_lonely(&self) -> bool {
        self.jobs.is_empty() && self.children.is_empty() && self.stop_waiters.is_empty()
    }

    pub(crate) fn restart(&self) -> Option<&Restart> {
        self.plan.as_ref().map(|plan| &plan.policy)
    }
}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extras").field("name", &self.name).finish_non_exhaustive()
    }
}
