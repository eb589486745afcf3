//! Waiting for the end of an agent, or of one of its generations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::{Down, DownReason, Mode};
use crate::AgentRef;

/// Waits until an agent is gone for good.
///
/// # Cancel safety
///
/// Dropping it changes nothing.
#[must_use = "this does nothing unless awaited"]
pub struct Ended {
    agent: AgentRef,
}

/// Waits for the end of the agent's present generation, by restart or for good: exactly once.
///
/// # Cancel safety
///
/// Dropping it ends the monitoring.
#[must_use = "this does nothing unless awaited"]
pub struct Monitor {
    agent: AgentRef,
    news: oneshot::Receiver<Down>,
}

impl Ended {
    pub(crate) fn of(agent: AgentRef) -> Self {
        Self { agent }
    }
}

impl Ended {
    /// Returns whether the node has forgotten the agent, so that its name is free again.
    fn is_forgotten(&self) -> bool {
        self.agent.node.registry.by_id(self.agent.id).is_none()
    }
}

impl Monitor {
    pub(crate) fn of(agent: &AgentRef) -> Self {
        let (sender, news) = oneshot::channel();
        let mut extras = agent.extras();
        if agent.mode() == Mode::Ended {
            let reason = extras.as_ref().and_then(|extras| extras.reason.clone());
            // The receiver is right here.
            let _ = sender.send(down(agent, reason.unwrap_or(DownReason::Stopped), false));
        } else {
            let monitors = &mut extras.get_or_insert_with(Box::default).monitors;
            monitors.retain(|monitor| !monitor.is_closed());
            monitors.push(sender);
        }
        drop(extras);
        Self { agent: agent.clone(), news }
    }
}

/// Returns the news of the end of an agent's generation.
pub(super) fn down(agent: &AgentRef, reason: DownReason, restarts: bool) -> Down {
    Down { address: agent.address(), generation: agent.generation(), reason, restarts }
}

impl Future for Ended {
    type Output = DownReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<DownReason> {
        loop {
            let mut extras = self.agent.extras();
            if self.agent.mode() == Mode::Ended && self.is_forgotten() {
                let reason = extras.as_ref().and_then(|extras| extras.reason.clone());
                return Poll::Ready(reason.unwrap_or(DownReason::Stopped));
            }
            let wakers = &mut extras.get_or_insert_with(Box::default).end_wakers;
            if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
            drop(extras);
            if !self.agent.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Future for Monitor {
    type Output = Down;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Down> {
        let this = self.get_mut();
        loop {
            // Tokio's budget must not look like silence.
            let mut news = tokio::task::unconstrained(&mut this.news);
            if let Poll::Ready(news) = Pin::new(&mut news).poll(cx) {
                let gone = || down(&this.agent, DownReason::Stopped, false);
                return Poll::Ready(news.unwrap_or_else(|_| gone()));
            }
            if !this.agent.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ended({:?})", self.agent)
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monitor({:?})", self.agent)
    }
}
