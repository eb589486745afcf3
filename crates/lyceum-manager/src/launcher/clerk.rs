//! The thread that talks with a system which queues work, for all jobs of a launcher.
//!
//! It asks what has become of them now and then and for all at once, hands in batches, and passes
//! on orders to end. It is a thread and no task, so that it outlives the runtime of whoever drops
//! the last job: that one still is ended.

mod job;
mod ledger;
mod office;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use futures_util::future::BoxFuture;
pub(super) use job::Follow;
use job::Job;
use ledger::{Adoption, Ledger, Submission, Work};
pub(super) use office::Office;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::Exit;
use crate::Ticket;

/// How soon to look again where an end is near.
const SOON: Duration = Duration::from_millis(500);
/// How long one question or order may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A system that queues work, with what the clerk asks of it.
pub(super) trait Desk: Send + fmt::Debug + 'static {
    /// Hands in a batch; returns what the system calls each job of it, in order.
    fn submit(&mut self, batch: Vec<Ticket>) -> BoxFuture<'_, io::Result<Vec<String>>>;

    /// Tells jobs to end.
    fn end(&mut self, jobs: Vec<String>, manner: Manner) -> BoxFuture<'_, io::Result<()>>;

    /// Returns what has become of jobs. It leaves out those that are not known.
    fn look(&mut self, jobs: Vec<String>) -> BoxFuture<'_, io::Result<BTreeMap<String, Standing>>>;

    /// Removes what is left of a job that ended and that nobody looks at any more. It may have been
    /// handed in by another desk.
    fn clear(&mut self, job: String) -> BoxFuture<'_, io::Result<()>>;
}

/// How a job is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// In good order.
    Terminate,
    /// At once.
    Kill,
}

/// What has become of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits for its turn.
    Waiting,
    Running,
    /// It is about to end: what is over there cleans up.
    Ending,
    /// Its program heard SIGTERM, and ended in good order.
    Obeyed,
    Ended(Exit),
}

/// The thread, for as long as somebody has a job of it.
pub(super) struct Clerk {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    ledger: Mutex<Ledger>,
    told: Notify,
    /// How often to look while nothing happens.
    pause: Duration,
    /// Whether jobs go on when nobody has a place of theirs.
    outlived: bool,
}

impl Clerk {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Says that there are too many threads.
    pub(super) fn start(desk: impl Desk, pause: Duration, outlived: bool) -> io::Result<Self> {
        let shared =
            Arc::new(Shared { ledger: Mutex::default(), told: Notify::new(), pause, outlived });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (clerk, mut desk) = (shared.clone(), desk);
        let work = move || runtime.block_on(clerk.serve(&mut desk));
        let thread = Builder::new().name("lyceum-clerk".into()).spawn(work)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands in a batch; returns its jobs, in order.
    ///
    /// # Cancel safety
    ///
    /// What was handed in is ended if the future is dropped.
    pub(super) async fn submit(&self, batch: Vec<Ticket>) -> io::Result<Vec<Place>> {
        let (answer, answered) = oneshot::channel();
        if !self.shared.ledger().queue(Submission { batch, answer }) {
            return Err(io::Error::other("too many batches wait to be handed in"));
        }
        self.shared.told.notify_one();
        answered.await.unwrap_or_else(|_| Err(over()))
    }

    /// Takes over a job that another clerk had handed in; none if it has ended.
    ///
    /// # Errors
    ///
    /// Nobody can say whether it has.
    pub(super) async fn adopt(&self, job: String) -> io::Result<Option<Place>> {
        let (answer, answered) = oneshot::channel();
        self.shared.ledger().adopt(Adoption { job, answer });
        self.shared.told.notify_one();
        answered.await.unwrap_or_else(|_| Err(over()))
    }
}

fn over() -> io::Error {
    io::Error::other("what looks after jobs has ended")
}

/// A job's place with its clerk: dropping it ends the job, if that has not ended and is not to
/// outlive it.
pub(super) struct Place {
    job: String,
    shared: Arc<Shared>,
    standing: watch::Receiver<Standing>,
}

impl Place {
    /// Returns what the system calls the job.
    pub(super) fn job(&self) -> &str {
        &self.job
    }

    /// Returns what has become of it, and of changes to that.
    fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    fn order(&self, manner: Manner) {
        self.shared.ledger().order(&self.job, manner);
        self.shared.told.notify_one();
    }

    fn hurry(&self) {
        self.shared.ledger().hurry(&self.job);
        self.shared.told.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.ledger().leave(&self.job, self.shared.outlived);
        self.shared.told.notify_one();
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.job)
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what there is to do until the clerk is dropped, and then what is left to end.
    async fn serve(self: &Arc<Self>, desk: &mut dyn Desk) {
        let mut waited = Duration::ZERO;
        loop {
            self.hand_in(desk).await;
            self.take_over(desk).await;
            self.end(desk).await;
            self.clear(desk).await;
            let work = self.ledger().work();
            match work {
                Work::Over => return,
                Work::None => {
                    self.told.notified().await;
                    continue;
                }
                Work::Watch { is_hurried } if is_hurried || waited >= self.pause => {
                    waited = Duration::ZERO;
                    self.look(desk).await;
                }
                Work::Watch { .. } => {}
            }
            // Whether it is told something or not, so that orders do not put off looking.
            if timeout(SOON, self.told.notified()).await.is_err() {
                waited += SOON;
            }
        }
    }

    async fn hand_in(self: &Arc<Self>, desk: &mut dyn Desk) {
        loop {
            let Some(Submission { batch, answer }) = self.ledger().next() else { return };
            let jobs = within(desk.submit(batch)).await;
            let place = |job: String| {
                let standing = self.ledger().enter(&job);
                Place { job, shared: self.clone(), standing }
            };
            let places = jobs.map(|jobs| jobs.into_iter().map(place).collect());
            // Who gave up drops the jobs, which ends them.
            drop(answer.send(places));
        }
    }

    async fn take_over(self: &Arc<Self>, desk: &mut dyn Desk) {
        loop {
            let Some(Adoption { job, answer }) = self.ledger().next_adoption() else { return };
            let found = within(desk.look(vec![job.clone()])).await;
            let place = match found.map(|mut found| found.remove(&job)) {
                Err(error) => Err(error),
                Ok(Some(standing @ (Standing::Waiting | Standing::Running | Standing::Ending))) => {
                    let mut ledger = self.ledger();
                    let shown = ledger.enter(&job);
                    let found = BTreeMap::from([(job.clone(), standing)]);
                    ledger.note(std::slice::from_ref(&job), found);
                    Ok(Some(Place { job, shared: self.clone(), standing: shown }))
                }
                Ok(_) => {
                    self.ledger().clear_away(job);
                    Ok(None)
                }
            };
            // Who gave up leaves the job to the next one.
            drop(answer.send(place));
        }
    }

    async fn end(&self, desk: &mut dyn Desk) {
        for manner in [Manner::Terminate, Manner::Kill] {
            let jobs = self.ledger().orders(manner);
            if jobs.is_empty() {
                continue;
            }
            if let Err(error) = within(desk.end(jobs, manner)).await {
                // What is left of them is seen when they are looked at.
                tracing::warn!(%error, ?manner, "jobs could not be told to end");
            }
        }
    }

    async fn look(&self, desk: &mut dyn Desk) {
        let jobs = self.ledger().alive();
        if jobs.is_empty() {
            return;
        }
        match within(desk.look(jobs.clone())).await {
            Ok(found) => self.ledger().note(&jobs, found),
            Err(error) => tracing::warn!(%error, "it is not known what has become of jobs"),
        }
    }

    async fn clear(&self, desk: &mut dyn Desk) {
        let forgotten = self.ledger().forgotten();
        for job in forgotten {
            if let Err(error) = within(desk.clear(job)).await {
                tracing::debug!(%error, "what is left of a job could not be removed");
            }
        }
    }
}

/// Gives a question or an order so long.
async fn within<T>(asked: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer in {PATIENCE:?}"));
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(late()))
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.shared.ledger().close();
        self.shared.told.notify_one();
        if let Some(thread) = self.thread.take() {
            // It runs nothing of a user's, and has nothing to say.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk").finish_non_exhaustive()
    }
}
