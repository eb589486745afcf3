//! What launchers have in common whose jobs a clerk looks after.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Clerk, Desk, Follow, Job};
use crate::Ticket;
use crate::launcher::{Output, Running};

/// What came of a launch.
type Started = io::Result<Box<dyn Running>>;

/// The clerk of a launcher, from its first job on.
#[derive(Debug)]
pub(in crate::launcher) struct Office {
    /// How often the clerk asks what has become of jobs.
    pub(in crate::launcher) pause: Duration,
    /// Whether jobs go on when the manager is gone.
    pub(in crate::launcher) is_detached: bool,
    /// How many jobs are handed in at once at most.
    pub(in crate::launcher) limit: usize,
    clerk: Mutex<Option<Arc<Clerk>>>,
}

impl Office {
    pub(in crate::launcher) fn new(pause: Duration, limit: usize) -> Self {
        Self { pause, is_detached: false, limit, clerk: Mutex::default() }
    }

    /// Returns the clerk; one is started for the first job, at the desk that `desk` makes.
    pub(in crate::launcher) fn clerk<D: Desk>(
        &self,
        desk: impl FnOnce() -> io::Result<D>,
    ) -> io::Result<Arc<Clerk>> {
        let mut clerk = self.clerk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clerk) = &*clerk {
            return Ok(clerk.clone());
        }
        let started = Clerk::start(desk()?, self.pause, self.is_detached)?;
        Ok(clerk.insert(Arc::new(started)).clone())
    }

    /// Has a clerk hand in one job, whose output is followed as `follow` says.
    pub(in crate::launcher) fn launch<F: Follow + 'static>(
        &self,
        clerk: io::Result<Arc<Clerk>>,
        launch: (Ticket, Output),
        follow: impl Fn(&str) -> F + Send + 'static,
    ) -> BoxFuture<'static, Started> {
        let started = self.launch_batch(clerk, vec![launch], follow);
        let lost = || io::Error::other("the job is missing");
        async move { started.await.pop().unwrap_or_else(|| Err(lost())) }.boxed()
    }

    /// Has a clerk hand in a batch, as few times as the limit allows.
    pub(in crate::launcher) fn launch_batch<F: Follow + 'static>(
        &self,
        clerk: io::Result<Arc<Clerk>>,
        batch: Vec<(Ticket, Output)>,
        follow: impl Fn(&str) -> F + Send + 'static,
    ) -> BoxFuture<'static, Vec<Started>> {
        let limit = self.limit;
        async move {
            let clerk = match clerk {
                Ok(clerk) => clerk,
                Err(error) => return batch.iter().map(|_| Err(again(&error))).collect(),
            };
            let mut started = Vec::with_capacity(batch.len());
            let mut rest = batch.into_iter().peekable();
            while rest.peek().is_some() {
                let (tickets, outputs): (Vec<_>, Vec<_>) = rest.by_ref().take(limit).unzip();
                match clerk.submit(tickets).await {
                    Ok(places) => {
                        let jobs = places.into_iter().zip(outputs).map(|(place, output)| {
                            let followed = follow(place.job());
                            let job = Job::new(place, followed, output, &clerk);
                            Ok(Box::new(job) as Box<dyn Running>)
                        });
                        started.extend(jobs);
                    }
                    Err(error) => started.extend(outputs.iter().map(|_| Err(again(&error)))),
                }
            }
            started
        }
        .boxed()
    }

    /// Has a clerk find a job of a former manager; `None` if it is gone.
    pub(in crate::launcher) fn adopt<F: Follow + 'static>(
        clerk: io::Result<Arc<Clerk>>,
        mark: &str,
        output: Output,
        follow: impl FnOnce(&str) -> F + Send + 'static,
    ) -> BoxFuture<'static, io::Result<Option<Box<dyn Running>>>> {
        let job = mark.to_owned();
        async move {
            let clerk = clerk?;
            let Some(place) = clerk.adopt(job).await? else { return Ok(None) };
            let followed = follow(place.job());
            Ok(Some(Box::new(Job::new(place, followed, output, &clerk)) as Box<dyn Running>))
        }
        .boxed()
    }
}

/// Says once more what went wrong: for each of a batch.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
