//! Clocks: the only source of time.
//!
//! Three clocks behind one type: the *system* clock; an *external* one that a simulator sets; a
//! *virtual* one that jumps to the next due time whenever all agents are idle. Agents cannot tell
//! them apart.

mod sleep;
mod time;
mod timers;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use lyceum_wire::AgentId;
pub use sleep::{Sleep, TimeoutError};
pub use time::{Time, When};
use tokio::sync::Notify;

use self::timers::{TimerKey, Timers};
use crate::node::Registry;

/// The coarse clock's error, in nanoseconds: kernels tick at 100 Hz or faster.
const COARSE_MARGIN: u64 = 10_000_000;
/// Up to so many watches of agents that have ended stay until their time, and up to half of all.
const STALE_MIN: usize = 1_024;

/// Where a node's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The system's clock.
    System,
    /// Set by a simulator.
    External,
    /// Jumps to the next due time whenever all agents are idle.
    Virtual,
}

pub(crate) struct Clock {
    kind: ClockKind,
    /// Where simulated clocks stand.
    now: AtomicU64,
    epoch: Instant,
    coarse_epoch: u64,
    start: Timestamp,
    timers: Mutex<Timers<Due>>,
    /// No timer is due before this, for a glimpse without the lock; changed under it.
    soonest: AtomicU64,
    /// How many watches were left by agents that have ended.
    stale: AtomicUsize,
    /// Tells the driver that an earlier timer was set.
    changed: Arc<Notify>,
    /// What the driver waits for.
    armed: AtomicU64,
}

/// What happens when a timer is due.
pub(crate) enum Due {
    /// Somebody wakes up.
    Wake(Waker),
    /// Somebody outside of the node wakes up.
    WakeOutside(Waker),
    /// An agent's mailbox is searched for calls past their deadline. It does not keep the agent.
    Watch(AgentId),
}

/// Measures how long something took in real time, which no behaviour may depend on.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "real time has one source, this module")]
    /// Begins to measure.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns how long ago it began.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "real time has one source, this module")]
    pub(crate) fn new(kind: ClockKind, start: Timestamp) -> Self {
        Self {
            kind,
            now: AtomicU64::new(0),
            epoch: Instant::now(),
            coarse_epoch: coarse_now(),
            start,
            timers: Mutex::new(Timers::new()),
            soonest: AtomicU64::new(u64::MAX),
            stale: AtomicUsize::new(0),
            changed: Arc::new(Notify::new()),
            armed: AtomicU64::new(u64::MAX),
        }
    }

    pub(crate) fn kind(&self) -> ClockKind {
        self.kind
    }

    pub(crate) fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// Returns nanoseconds since the node's start.
    #[inline]
    pub(crate) fn nanos(&self) -> u64 {
        match self.kind {
            ClockKind::System => nanos_of(self.epoch.elapsed()),
            ClockKind::External | ClockKind::Virtual => self.now.load(Ordering::Acquire),
        }
    }

    /// Returns about the same, cheaper, and never earlier.
    #[inline]
    pub(crate) fn coarse_nanos(&self) -> u64 {
        match self.kind {
            ClockKind::System => coarse_now().saturating_sub(self.coarse_epoch) + COARSE_MARGIN,
            ClockKind::External | ClockKind::Virtual => self.now.load(Ordering::Acquire),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_nanos(self.nanos())
    }

    /// Returns the date at which it started.
    pub(crate) fn start(&self) -> Timestamp {
        self.start
    }

    pub(crate) fn utc(&self) -> Timestamp {
        self.date(self.now())
    }

    /// Turns a time into a date.
    pub(crate) fn date(&self, time: Time) -> Timestamp {
        let passed = Duration::from_nanos(time.nanos());
        self.start.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Turns a date or a time into a time of this clock; what is past is due at once.
    pub(crate) fn resolve(&self, when: When) -> Time {
        match when {
            When::Time(time) => time,
            When::Utc(date) => {
                let after = date.duration_since(self.start).as_nanos();
                Time::from_nanos(u64::try_from(after.max(0)).unwrap_or(u64::MAX))
            }
        }
    }

    fn timers(&self) -> MutexGuard<'_, Timers<Due>> {
        self.timers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a timer.
    pub(crate) fn set(&self, at: u64, due: Due) -> TimerKey {
        let mut timers = self.timers();
        let key = timers.insert(at, due);
        if at < self.soonest.load(Ordering::Relaxed) {
            self.soonest.store(at, Ordering::Release);
        }
        drop(timers);
        if self.kind != ClockKind::External && at < self.armed.load(Ordering::Acquire) {
            self.changed.notify_one();
        }
        key
    }

    pub(crate) fn cancel(&self, key: TimerKey) {
        let dead = {
            let mut timers = self.timers();
            timers.cancel(key);
            timers.take_dead()
        };
        // Wakers are dropped outside of the lock: that may run anything.
        drop(dead);
    }

    /// Lets a timer look for calls past their deadline.
    pub(crate) fn watch(&self, at: u64, agent: AgentId) {
        self.set(at, Due::Watch(agent));
    }

    /// Notes that an agent has ended whose mailbox was watched: now and then, such watches go.
    pub(crate) fn leave_watch(&self, agents: &Registry) {
        let stale = self.stale.fetch_add(1, Ordering::Relaxed) + 1;
        if stale <= STALE_MIN || stale <= self.timers().size() / 2 {
            return;
        }
        self.stale.store(0, Ordering::Relaxed);
        let living = agents.living();
        let mut timers = self.timers();
        timers.retain(|due| match due {
            Due::Watch(agent) => living.has(*agent),
            Due::Wake(_) | Due::WakeOutside(_) => true,
        });
        let dead = timers.take_dead();
        drop((timers, living));
        drop(dead);
    }

    /// Returns when something really happens next, and notes that the driver waits for it.
    pub(crate) fn arm(&self, agents: &Registry) -> Option<u64> {
        // Until the next time is known, every new timer is news.
        self.armed.store(u64::MAX, Ordering::Release);
        let next = self.next_due(agents);
        self.armed.store(next.unwrap_or(u64::MAX), Ordering::Release);
        next
    }

    /// Returns when something really happens next: watches without calls are dropped.
    pub(crate) fn next_due(&self, agents: &Registry) -> Option<u64> {
        loop {
            let (due, watched) = self.earliest()?;
            let Some(id) = watched else { return Some(due) };
            match agents.by_id(id).and_then(|agent| agent.mailbox.refresh_watch()) {
                Some(at) if at <= due => return Some(due),
                Some(at) => {
                    self.discard_watch(due, id);
                    self.watch(at, id);
                }
                None => self.discard_watch(due, id),
            }
        }
    }

    /// Returns whether no timer is due by then, not even a watch that has nothing to watch. A timer
    /// that is set meanwhile may be overlooked.
    #[inline]
    pub(crate) fn rests_until(&self, nanos: u64) -> bool {
        self.soonest.load(Ordering::Acquire) > nanos || self.looks_at_rest(nanos)
    }

    /// Looks under the lock, and lets the next glimpses do without it.
    #[cold]
    fn looks_at_rest(&self, nanos: u64) -> bool {
        let mut timers = self.timers();
        let soonest = timers.earliest().map_or(u64::MAX, |(due, _)| due);
        self.soonest.store(soonest, Ordering::Release);
        soonest > nanos
    }

    fn earliest(&self) -> Option<(u64, Option<AgentId>)> {
        let (dead, earliest) = {
            let mut timers = self.timers();
            let earliest = timers.earliest().map(|(due, what)| match what {
                Due::Watch(agent) => (due, Some(*agent)),
                Due::Wake(_) | Due::WakeOutside(_) => (due, None),
            });
            (timers.take_dead(), earliest)
        };
        drop(dead);
        earliest
    }

    /// Discards the first timer if it still is the watch that was seen.
    fn discard_watch(&self, due: u64, agent: AgentId) {
        let mut timers = self.timers();
        let earliest = timers.earliest();
        let is_same =
            matches!(earliest, Some((at, Due::Watch(seen))) if at == due && *seen == agent);
        let discarded = if is_same { timers.discard_earliest() } else { None };
        drop(timers);
        drop(discarded);
    }

    /// Moves a simulated clock forward.
    pub(crate) fn set_now(&self, nanos: u64) {
        self.now.fetch_max(nanos, Ordering::AcqRel);
    }

    /// Fires all timers that are due; returns how many, and how many of them outside.
    pub(crate) fn fire(&self, agents: &Registry) -> Fired {
        let now = self.nanos();
        let mut fired = Fired { all: 0, outside: 0 };
        loop {
            let next = self.timers().pop_due(now);
            let Some((at, due)) = next else { return fired };
            fired.all += 1;
            match due {
                Due::Wake(waker) => waker.wake(),
                Due::WakeOutside(waker) => {
                    fired.outside += 1;
                    waker.wake();
                }
                Due::Watch(id) => {
                    if let Some(agent) = agents.by_id(id) {
                        agent.expire(at, now);
                    }
                }
            }
        }
    }

    /// Drops all timers, when the node is gone.
    pub(crate) fn clear(&self) {
        let timers = std::mem::replace(&mut *self.timers(), Timers::new());
        drop(timers);
    }
}

/// How many timers fired.
pub(crate) struct Fired {
    pub(crate) all: usize,
    pub(crate) outside: u64,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("kind", &self.kind).field("now", &self.now()).finish()
    }
}

fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the time of the last tick of the system's monotonic clock, in nanoseconds.
fn coarse_now() -> u64 {
    let tick = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    let seconds = u64::try_from(tick.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(tick.tv_nsec).unwrap_or(0))
}
