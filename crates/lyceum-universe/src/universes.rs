//! Universes side by side, each on a thread of its own, and who watches that they go on.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;

/// How often one looks whether universes go on, within the time that they may stand still.
const LOOKS: u32 = 4;

/// Runs universes side by side: as many at once as there are threads, each on one of its own.
///
/// See [`Tally`](crate::Tally) for an example.
#[derive(Clone, Debug)]
pub struct Universes {
    threads: usize,
    patience: Option<(Duration, OnStuck)>,
    hear: Hear,
}

/// Who hears of agents that do not return.
#[derive(Clone)]
struct Hear(Arc<Listener>);

type Listener = dyn Fn(usize, &Stuck) + Send + Sync;

/// What follows when an agent keeps its universe from going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStuck {
    /// It is logged; the universe goes on once the agent returns.
    Report,
    /// The universe is given up, and the others go on. Its thread stays with the agent, since no
    /// thread can be taken back.
    GiveUp,
}

/// An agent kept its universe from going on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "agent `{agent}` did not return for {patience:?} in step {step}: what waits belongs into \
     `cx.ask(..)`"
)]
pub struct Stuck {
    /// The agent's name.
    pub agent: String,
    /// The step.
    pub step: u64,
    /// For how long at least.
    pub patience: Duration,
}

/// What a universe shows of where it is, for who watches it; see [`Universes::run`].
#[derive(Clone, Default)]
pub struct Watch(Arc<Pulse>);

#[derive(Default)]
struct Pulse {
    /// Changes whenever an agent returns.
    turns: AtomicU64,
    step: AtomicU64,
    slot: AtomicU32,
    names: Mutex<Vec<String>>,
}

impl Watch {
    /// Notes that the agent of a slot gets its turn.
    #[inline]
    pub(crate) fn turn(&self, slot: u32) {
        // One thread writes.
        self.0.turns.store(self.0.turns.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.0.slot.store(slot, Ordering::Relaxed);
    }

    /// Notes that the universe itself is at work in a step.
    pub(crate) fn step(&self, step: u64) {
        self.0.step.store(step, Ordering::Relaxed);
        self.turn(u32::MAX);
    }

    /// Notes how the agent of a slot is called.
    pub(crate) fn name(&self, slot: u32, name: String) {
        let mut names = self.names();
        let slot = slot as usize;
        if names.len() <= slot {
            names.resize(slot + 1, String::new());
        }
        names[slot] = name;
    }

    fn names(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stuck(&self, patience: Duration) -> Stuck {
        let slot = self.0.slot.load(Ordering::Relaxed) as usize;
        let name = self.names().get(slot).filter(|name| !name.is_empty()).cloned();
        let agent = name.unwrap_or_else(|| "universe".into());
        Stuck { agent, step: self.0.step.load(Ordering::Relaxed), patience }
    }
}

/// A universe that runs, as its watcher knows it.
struct Running {
    watch: Watch,
    turns: u64,
    /// How many looks have found it where it was.
    still: u32,
    reported: bool,
}

impl Universes {
    /// Runs so many at once; at least one.
    pub fn threads(threads: usize) -> Self {
        Self { threads: threads.max(1), patience: None, hear: Hear(Arc::new(|_, _| {})) }
    }

    /// Runs one for each processor at once.
    pub fn per_core() -> Self {
        Self::threads(thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// Watches that no agent keeps its universe from going on for so long of the system's time.
    pub fn patience(mut self, patience: Duration, then: OnStuck) -> Self {
        self.patience = Some((patience, then));
        self
    }

    /// Calls this with the place of the job and who keeps it, each time that `patience` is over.
    ///
    /// It is called before the next job is asked for, which may be one in place of this one.
    pub fn on_stuck(mut self, hear: impl Fn(usize, &Stuck) + Send + Sync + 'static) -> Self {
        self.hear = Hear(Arc::new(hear));
        self
    }

    /// Runs `work` for each of the jobs, and returns the results in their order.
    ///
    /// A job is asked for whenever a thread is free, and again after there was none.
    ///
    /// The watch goes to [`UniverseBuilder::watch`](crate::UniverseBuilder::watch), where
    /// [`patience`](Self::patience) is to hold.
    ///
    /// # Errors
    ///
    /// For a job whose universe was given up: which agent kept it.
    ///
    /// # Panics
    ///
    /// If `work` does, once the other jobs that run are over.
    pub fn run<J, T, W>(&self, jobs: impl IntoIterator<Item = J>, work: W) -> Vec<Result<T, Stuck>>
    where
        J: Send + 'static,
        T: Send + 'static,
        W: Fn(J, Watch) -> T + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let mut jobs = jobs.into_iter().enumerate();
        let (done, results) = sync_channel(self.threads);
        let mut running: HashMap<usize, Running> = HashMap::new();
        let mut ended: Vec<Option<Result<T, Stuck>>> = Vec::new();
        let mut panic = None;
        loop {
            while panic.is_none() && running.len() < self.threads {
                let Some((index, job)) = jobs.next() else { break };
                ended.push(None);
                let watch = Watch::default();
                start(index, job, watch.clone(), work.clone(), done.clone());
                let state = Running { watch, turns: 0, still: 0, reported: false };
                running.insert(index, state);
            }
            if running.is_empty() {
                break;
            }
            let look = self.patience.map_or(Duration::MAX, |(patience, _)| patience / LOOKS);
            match results.recv_timeout(look) {
                // One that was given up may return after all.
                Ok((index, _)) if running.remove(&index).is_none() => {}
                Ok((index, Ok(result))) => ended[index] = Some(Ok(result)),
                Ok((_, Err(payload))) => panic = Some(payload),
                Err(RecvTimeoutError::Timeout) => self.look(&mut running, &mut ended),
                Err(RecvTimeoutError::Disconnected) => unreachable!("this function sends, too"),
            }
        }
        if let Some(payload) = panic {
            std::panic::resume_unwind(payload);
        }
        ended.into_iter().map(|result| result.expect("every job has ended")).collect()
    }

    /// Looks whether the universes go on, and does what is to be done where one does not.
    fn look<T>(
        &self,
        running: &mut HashMap<usize, Running>,
        ended: &mut [Option<Result<T, Stuck>>],
    ) {
        let Some((patience, then)) = self.patience else { return };
        running.retain(|index, state| {
            let turns = state.watch.0.turns.load(Ordering::Relaxed);
            // One that has not begun, or is not watched, is not judged.
            if turns == 0 || turns != state.turns {
                (state.turns, state.still, state.reported) = (turns, 0, false);
                return true;
            }
            state.still += 1;
            if state.still < LOOKS || state.reported {
                return true;
            }
            let stuck = state.watch.stuck(patience);
            tracing::error!(universe = index, "{stuck}");
            state.reported = true;
            (self.hear.0)(*index, &stuck);
            if then == OnStuck::GiveUp {
                ended[*index] = Some(Err(stuck));
            }
            then == OnStuck::Report
        });
    }
}

/// Begins a job on a thread of its own.
fn start<J, T, W>(
    index: usize,
    job: J,
    watch: Watch,
    work: Arc<W>,
    done: SyncSender<(usize, thread::Result<T>)>,
) where
    J: Send + 'static,
    T: Send + 'static,
    W: Fn(J, Watch) -> T + Send + Sync + 'static,
{
    let run = move || {
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(job, watch)));
        // Nobody may wait any more.
        let _ = done.send((index, worked));
    };
    let named = thread::Builder::new().name(format!("universe {index}"));
    if let Err(error) = named.spawn(run) {
        panic!("cannot start the thread of universe {index}: {error}");
    }
}

impl fmt::Debug for Hear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hear")
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turns = self.0.turns.load(Ordering::Relaxed);
        f.debug_struct("Watch").field("turns", &turns).finish_non_exhaustive()
    }
}
