//! Jobs of a node: futures that its pumps run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_task::FallibleTask;

use super::Shared;
use super::run_queue::Runnable;
use crate::AgentRef;
use crate::caught::{self, Caught, Kept, caught};
use crate::cell::Frame;

/// A job of the node: dropping it cancels the job.
///
/// Its output is `None` if the node ended first, or if the job panicked. Nothing of that gets
/// out: neither a panic of its future, nor one in the drop of its future or output.
pub(crate) struct Job<T>(FallibleTask<Option<Kept<T>>>);

impl Shared {
    /// Runs a future on the node, beside everything.
    pub(crate) fn spawn<F>(self: &Arc<Self>, agent: Option<&AgentRef>, future: F) -> Job<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let future = caught(future);
        let framed = InNode { node: self.clone(), agent: agent.cloned(), future };
        let node = self.clone();
        let schedule = move |job| node.run_queue.push(Runnable::Job(job));
        let (runnable, task) = async_task::spawn(framed, schedule);
        runnable.schedule();
        Job(task.fallible())
    }
}

impl<T> Job<T> {
    /// Lets the job run to its end, whoever waits.
    pub(crate) fn detach(self) {
        self.0.detach();
    }

    /// Cancels the job and waits until it is gone; returns its output if it was over before.
    pub(crate) async fn cancel(self) -> Option<T> {
        self.0.cancel().await.flatten().map(Kept::into_inner)
    }
}

impl<T> Future for Job<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let output = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(output.flatten().map(Kept::into_inner))
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

pin_project_lite::pin_project! {
    /// A job's future: while it is polled, the thread's frame says for whom.
    struct InNode<F> {
        node: Arc<Shared>,
        agent: Option<AgentRef>,
        #[pin]
        future: Caught<F>,
    }
}

impl<F: Future> Future for InNode<F> {
    type Output = Option<Kept<F::Output>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let agent = this.agent.as_ref().map(AgentRef::pointer);
        let frame = Frame::new(NonNull::from(&**this.node), agent, None, false);
        let _entered = frame.enter();
        let output = ready!(this.future.poll(cx));
        // Its output may be awaited outside.
        this.node.note_outside();
        Poll::Ready(match output {
            Ok(output) => Some(Kept::new(output)),
            Err(panic) => {
                let panic = caught::into_text(panic);
                tracing::error!(%panic, "a job of the node panicked");
                None
            }
        })
    }
}
