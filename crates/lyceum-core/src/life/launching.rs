//! Waiting until a launched agent has started.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::Sleep;
use crate::node::{Job, Shared};
use crate::{Agent, Handle, LaunchError};

/// A constructor that runs, which may take too long.
pub(super) struct Construction {
    pub(super) stage: Arc<AtomicU8>,
    limit: Duration,
    sleep: Sleep,
}

const CONSTRUCTING: u8 = 0;
pub(super) const CONSTRUCTED: u8 = 1;
const ABANDONED: u8 = 2;

impl Construction {
    pub(super) fn new(node: &Arc<Shared>, limit: Duration) -> Self {
        let sleep = Sleep::until(node.clone(), node.clock.now() + limit);
        Self { stage: Arc::new(AtomicU8::new(CONSTRUCTING)), limit, sleep }
    }

    /// Returns whether the constructor took too long, after which its state is dropped.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> bool {
        Pin::new(&mut self.sleep).poll(cx).is_ready() && move_on(&self.stage, ABANDONED)
    }
}

/// Leaves the stage of construction; false if that was left before.
pub(super) fn move_on(stage: &AtomicU8, next: u8) -> bool {
    stage.compare_exchange(CONSTRUCTING, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// Waits until a launched agent has started.
#[must_use = "whether the agent started is known when this is awaited"]
pub struct Launching<A: Agent>(pub(super) Progress<A>);

pub(super) enum Progress<A: Agent> {
    Decided(Option<Result<Handle<A>, LaunchError>>),
    Starting {
        node: Arc<Shared>,
        job: Option<Job<Result<Handle<A>, LaunchError>>>,
        construction: Option<Construction>,
    },
}

impl<A: Agent> Launching<A> {
    pub(super) fn failed(error: LaunchError) -> Self {
        Self(Progress::Decided(Some(Err(error))))
    }
}

impl<A: Agent> Future for Launching<A> {
    type Output = Result<Handle<A>, LaunchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Progress::Decided(result) => {
                Poll::Ready(result.take().expect("a launch is polled until it is ready"))
            }
            Progress::Starting { node, job, construction } => loop {
                let running = job.as_mut().expect("a launch is polled until it is ready");
                if let Poll::Ready(result) = Pin::new(running).poll(cx) {
                    *job = None;
                    let stopped = || Err(LaunchError::NodeStopped { agent: A::NAME });
                    return Poll::Ready(result.unwrap_or_else(stopped));
                }
                if let Some(late) = construction
                    && late.poll_late(cx)
                {
                    let limit = late.limit;
                    job.take().into_iter().for_each(Job::detach);
                    return Poll::Ready(Err(LaunchError::Timeout { agent: A::NAME, limit }));
                }
                if !node.drive(cx) {
                    return Poll::Pending;
                }
            },
        }
    }
}

// Nothing in a launch's wait is pinned.
impl<A: Agent> Unpin for Launching<A> {}

impl<A: Agent> Drop for Launching<A> {
    fn drop(&mut self) {
        if let Progress::Starting { job, .. } = &mut self.0
            && let Some(job) = job.take()
        {
            job.detach();
        }
    }
}

impl<A: Agent> fmt::Debug for Launching<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launching").field("agent", &A::NAME).finish_non_exhaustive()
    }
}
