//! Tasks of a program on a node.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Job, Shared};
use crate::caught::{Panic, caught};

/// A task of a program on a node; await it for its output, `None` if the node ended first.
///
/// Dropping it cancels the task, unless it was [detached](Self::detach).
///
/// ```
/// # use lyceum::prelude::*;
/// # lyceum::block_on(async {
/// let node = Node::simulated(3);
/// let sleep = node.sleep(Duration::from_secs(3600));
/// let task = node.spawn(async move { sleep.await; 7 });
/// assert_eq!(task.await, Some(7));
/// # });
/// ```
#[must_use = "a task is cancelled when this is dropped"]
pub struct Task<T> {
    job: Option<Job<Result<T, Panic>>>,
    node: Arc<Shared>,
}

impl<T: Send + 'static> Task<T> {
    pub(crate) fn new<F>(node: &Arc<Shared>, future: F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let job = node.spawn(None, caught(future));
        Self { job: Some(job), node: node.clone() }
    }

    /// Lets the task run to its end, whoever waits.
    pub fn detach(mut self) {
        if let Some(job) = self.job.take() {
            job.detach();
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Option<T>;

    /// # Panics
    ///
    /// If the task panicked.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let job = this.job.as_mut().expect("a task is polled until it is ready");
        loop {
            match Pin::new(&mut *job).poll(cx) {
                Poll::Ready(Some(Ok(output))) => return Poll::Ready(Some(output)),
                Poll::Ready(Some(Err(panic))) => resume_unwind(panic),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending if this.node.drive(cx) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}
