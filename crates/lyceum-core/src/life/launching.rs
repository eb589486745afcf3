//! Waiting until a launched agent has started.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::node::{Job, Shared};
use crate::{Agent, Handle, LaunchError};

/// Waits until a launched agent has started.
#[must_use = "whether the agent started is known when this is awaited"]
pub struct Launching<A: Agent>(pub(super) Progress<A>);

pub(super) enum Progress<A: Agent> {
    Decided(Option<Result<Handle<A>, LaunchError>>),
    Starting { node: Arc<Shared>, job: Option<Job<Result<Handle<A>, LaunchError>>> },
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
            Progress::Starting { node, job } => loop {
                let running = job.as_mut().expect("a launch is polled until it is ready");
                if let Poll::Ready(result) = Pin::new(running).poll(cx) {
                    *job = None;
                    let stopped = || Err(LaunchError::NodeStopped { agent: A::NAME });
                    return Poll::Ready(result.unwrap_or_else(stopped));
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
