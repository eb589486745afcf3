//! Waiting for a flag to be set.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::WaiterPlace;
use crate::AgentRef;

/// Waits until a flag of an agent is set, and clears it. Dropping it changes nothing.
pub(crate) struct Flagged {
    agent: AgentRef,
    flag: &'static str,
    place: Option<WaiterPlace>,
}

impl Flagged {
    pub(crate) fn of(agent: AgentRef, flag: &'static str) -> Self {
        Self { agent, flag, place: None }
    }
}

impl Future for Flagged {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let waiting = this.agent.with_extras(|extras| {
            let flag = extras.flags.entry(this.flag).or_default();
            if std::mem::take(&mut flag.set) {
                return None;
            }
            Some(flag.waiters.wait(&mut this.place, cx.waker()))
        });
        if waiting.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Flagged {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut extras = self.agent.extras();
        let flag = extras.as_mut().and_then(|extras| extras.flags.get_mut(self.flag));
        let waker = flag.and_then(|flag| flag.waiters.leave(place));
        drop(extras);
        drop(waker);
    }
}
