//! Waiting for an agent to begin to stop.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::WaiterPlace;
use crate::AgentRef;

/// Waits until an agent begins to stop. Dropping it changes nothing.
pub(crate) struct Stopping {
    agent: AgentRef,
    place: Option<WaiterPlace>,
}

impl Stopping {
    pub(crate) fn of(agent: AgentRef) -> Self {
        Self { agent, place: None }
    }
}

impl Future for Stopping {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut extras = this.agent.extras();
        if this.agent.is_stopping() {
            return Poll::Ready(());
        }
        let waiters = &mut extras.get_or_insert_with(Box::default).stop_waiters;
        let former = waiters.wait(&mut this.place, cx.waker());
        drop(extras);
        drop(former);
        Poll::Pending
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut extras = self.agent.extras();
        let waker = extras.as_mut().and_then(|extras| extras.stop_waiters.leave(place));
        drop(extras);
        drop(waker);
    }
}
