//! Owners of data elsewhere, and what they are told of references to it.
//!
//! A reference comes from outside, and so does the address in it: that it was decoded is no reason
//! to call anybody. It is renewed once it was held for a while, and its end is reported if its
//! owner has answered, or somebody read. What was dropped before that is not spoken of; its lease
//! ends.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::{join_all, select};
use lyceum_core::exchange::{Door, Exchange};
use lyceum_core::wire::Address;
use lyceum_core::{CallError, Handle, ReviveError, Time};
use tokio::sync::Notify;

use crate::claim::Claim;
use crate::error::{BlobFault, BlobFaultKind};
use crate::keeper::{BlobKeeper, write_id};

/// Owners that a node has references of.
const OWNER_LIMIT: usize = 4096;
/// Ends of references that wait to be told to one owner. What is more ends with its lease.
const OVER_LIMIT: usize = 4096;
/// References that one owner is told of at a time. One that never answered is told of one.
const AT_ONCE: usize = 16;
/// How often an owner is called that never answered, before references to it are renewed by reading
/// alone.
const TRIES: u32 = 3;
/// How long a reference is held before it is renewed, however short its lease is.
pub(crate) const FLOOR: Duration = Duration::from_secs(5);
/// How long a report may take.
const REPORT_LIMIT: Duration = Duration::from_secs(10);

/// The owners that a node has references of. Attached to the node as an exchange that leads
/// nowhere, so that it ends with the others.
#[derive(Debug, Default)]
pub(crate) struct Owners(Mutex<HashMap<Address, Weak<Owner>>>);

/// One owner. A task tells it of references, for as long as there is something to tell.
pub(crate) struct Owner {
    door: Door,
    at: Address,
    state: Mutex<State>,
    /// Wakes the task.
    bell: Notify,
}

#[derive(Default)]
struct State {
    /// References, by a number of our own: those in them are not ours, and may be the same.
    held: HashMap<u64, Held>,
    last: u64,
    /// When they are renewed.
    due: BTreeSet<(Time, u64)>,
    /// References that are over.
    over: VecDeque<Arc<Claim>>,
    has_answered: bool,
    failures: u32,
    is_running: bool,
}

struct Held {
    claim: Arc<Claim>,
    /// None while the owner is being told.
    due: Option<Time>,
}

/// What the task does next.
enum Step {
    Tell(Vec<Report>),
    Wait(Time),
    End,
}

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Heard,
    /// There is nothing to report on, or nobody to report to.
    Gone,
    Unheard,
}

/// What the owner is told.
enum Report {
    Held(u64, Arc<Claim>),
    Over(Arc<Claim>),
}

impl Owners {
    /// Returns an owner of data that a node has a reference to.
    ///
    /// # Errors
    ///
    /// Says that there are too many.
    pub(crate) fn find(door: &Door, at: &Address) -> Result<Arc<Owner>, String> {
        let owners = door.exchange::<Self>();
        let owners = owners.unwrap_or_else(|| door.exchange_or_attach(Self::default));
        let mut known = owners.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = known.get(at).and_then(Weak::upgrade) {
            return Ok(owner);
        }
        if known.len() >= OWNER_LIMIT {
            known.retain(|_, owner| owner.strong_count() > 0);
        }
        if known.len() >= OWNER_LIMIT {
            return Err(format!(
                "this node has blobs of {OWNER_LIMIT} owners, which is all it may"
            ));
        }
        let owner = Arc::new(Owner::new(door.clone(), at.clone()));
        known.insert(at.clone(), Arc::downgrade(&owner));
        Ok(owner)
    }
}

impl Owner {
    fn new(door: Door, at: Address) -> Self {
        Self { door, at, state: Mutex::default(), bell: Notify::new() }
    }

    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// Returns the agent that has the data.
    ///
    /// # Errors
    ///
    /// Says why nothing leads there.
    pub(crate) fn handle(&self) -> Result<Handle<BlobKeeper>, ReviveError> {
        self.door.reviving(|| Handle::revive(&self.at))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to renew a reference; returns the number that it is known by here.
    pub(crate) fn hold(self: &Arc<Self>, claim: &Arc<Claim>) -> u64 {
        let key = {
            let mut state = self.lock();
            state.last += 1;
            let key = state.last;
            state.held.insert(key, Held { claim: claim.clone(), due: None });
            state.schedule(key, self.door.now());
            key
        };
        self.see_to_it();
        key
    }

    /// Notes that the owner gave bytes for a reference, which renewed it.
    pub(crate) fn note_answer(self: &Arc<Self>, key: u64, claim: &Arc<Claim>) {
        let now = self.door.now();
        claim.renew(now);
        let was_given_up = {
            let mut state = self.lock();
            state.answered();
            let was_given_up = !state.held.contains_key(&key);
            if was_given_up {
                state.held.insert(key, Held { claim: claim.clone(), due: None });
                state.schedule(key, now);
            }
            was_given_up
        };
        if was_given_up {
            self.see_to_it();
        }
    }

    /// Ends a reference: the owner hears of it if anything was said to it before.
    pub(crate) fn release(self: &Arc<Self>, key: u64, claim: &Arc<Claim>) {
        {
            let mut state = self.lock();
            if let Some(due) = state.held.remove(&key).and_then(|held| held.due) {
                state.due.remove(&(due, key));
            }
            let is_known = state.has_answered || claim.is_used();
            if is_known && state.over.len() < OVER_LIMIT {
                state.over.push_back(claim.clone());
            }
        }
        self.see_to_it();
    }

    /// Wakes the task, or starts it if there is something to do.
    fn see_to_it(self: &Arc<Self>) {
        let starts = {
            let mut state = self.lock();
            let has_work = !state.due.is_empty() || !state.over.is_empty();
            let starts = has_work && !state.is_running && !self.door.is_closed();
            state.is_running |= starts;
            starts
        };
        if starts {
            self.door.spawn(self.clone().run()).detach();
        } else {
            self.bell.notify_one();
        }
    }

    /// Tells the owner of references until there are none. Ends with the node.
    async fn run(self: Arc<Self>) {
        loop {
            let step = self.lock().step(self.door.now());
            match step {
                Step::Tell(reports) => {
                    join_all(reports.into_iter().map(|report| self.tell(report))).await;
                }
                Step::Wait(time) => {
                    let bell = std::pin::pin!(self.bell.notified());
                    select(self.door.sleep_until(time), bell).await;
                }
                Step::End => return,
            }
        }
    }

    async fn tell(&self, report: Report) {
        let (claim, is_over) = match &report {
            Report::Held(_, claim) => (claim, false),
            Report::Over(claim) => (claim, true),
        };
        let told = match self.handle() {
            Ok(owner) => self.report(&owner, claim, is_over).await,
            Err(_) => Told::Gone,
        };
        let mut state = self.lock();
        match told {
            Told::Heard => state.answered(),
            Told::Gone => {}
            Told::Unheard => state.fail(),
        }
        if let Report::Held(key, _) = report {
            if told == Told::Gone {
                state.held.remove(&key);
            } else {
                state.schedule(key, self.door.now());
            }
        }
    }

    async fn report(&self, owner: &Handle<BlobKeeper>, claim: &Claim, is_over: bool) -> Told {
        // They stay noted until the owner has heard of them: this may be dropped meanwhile.
        let passed = claim.passed();
        let count = passed.len();
        let report = owner.report(write_id(claim.id), claim.number, passed, is_over);
        match report.timeout(REPORT_LIMIT).await {
            Ok(()) => {
                claim.forget_passed(count);
                claim.renew(self.door.now());
                Told::Heard
            }
            Err(CallError::Action(BlobFault { kind: BlobFaultKind::Gone, .. })) => Told::Gone,
            // Agents that are gone have taken their blobs with them.
            Err(CallError::NoSuchAgent(_) | CallError::Terminated(_)) => Told::Gone,
            Err(CallError::Action(_)) => Told::Heard,
            Err(error) => {
                tracing::debug!(at = %self.at, %error, "the owner of blobs did not hear");
                Told::Unheard
            }
        }
    }
}

impl State {
    fn schedule(&mut self, key: u64, now: Time) {
        // It may be over by now.
        let Some(held) = self.held.get_mut(&key) else { return };
        let due = now + held.claim.pause();
        held.due = Some(due);
        self.due.insert((due, key));
    }

    fn step(&mut self, now: Time) -> Step {
        let at_once = if self.has_answered { AT_ONCE } else { 1 };
        let mut reports = Vec::new();
        while reports.len() < at_once {
            if let Some(claim) = self.over.pop_front() {
                reports.push(Report::Over(claim));
            } else if let Some(first) = self.due.first().filter(|(due, _)| *due <= now).copied() {
                self.due.remove(&first);
                if let Some(held) = self.held.get_mut(&first.1) {
                    held.due = None;
                    reports.push(Report::Held(first.1, held.claim.clone()));
                }
            } else {
                break;
            }
        }
        if !reports.is_empty() {
            return Step::Tell(reports);
        }
        if let Some((due, _)) = self.due.first() {
            return Step::Wait(*due);
        }
        self.is_running = false;
        Step::End
    }

    fn answered(&mut self) {
        self.has_answered = true;
        self.failures = 0;
    }

    /// Notes that the owner did not hear. One that never answered is given up after a while: it is
    /// an address that somebody sent, and nothing more.
    fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
        if !self.has_answered && self.failures >= TRIES {
            self.held.clear();
            self.due.clear();
            self.over.clear();
            self.failures = 0;
        }
    }
}

// It is attached to be found at its node, and leads nowhere.
impl Exchange for Owners {}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner('{}')", self.at)
    }
}
