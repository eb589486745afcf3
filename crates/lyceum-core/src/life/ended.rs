//! Waiting for the end of an agent, or of one of its generations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{Down, DownReason, Mode, WaiterPlace};
use crate::exchange::Remote;
use crate::{AgentRef, Recipient};

/// Waits until an agent is gone for good.
///
/// # Cancel safety
///
/// Dropping it changes nothing.
pub struct Ended(End);

enum End {
    Here { agent: AgentRef, place: Option<WaiterPlace> },
    There(BoxFuture<'static, DownReason>),
}

/// Waits for the end of the agent's present generation, by restart or for good: exactly once.
///
/// # Cancel safety
///
/// Dropping it ends the monitoring.
#[must_use = "this does nothing unless awaited"]
pub struct Monitor(News);

enum News {
    Here { agent: AgentRef, news: oneshot::Receiver<Down> },
    There(BoxFuture<'static, Down>),
}

impl Ended {
    pub(crate) fn of(agent: AgentRef) -> Self {
        Self(End::Here { agent, place: None })
    }

    pub(crate) fn far(target: &Recipient, remote: &Remote) -> Self {
        Self(End::There(super::far::ended(target, remote)))
    }
}

/// Returns whether the node has forgotten the agent, so that its name is free again.
fn is_forgotten(agent: &AgentRef) -> bool {
    agent.node.registry.by_id(agent.id).is_none()
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
        Self(News::Here { agent: agent.clone(), news })
    }

    pub(crate) fn far(target: &Recipient, remote: &Remote) -> Self {
        Self(News::There(super::far::down(target, remote)))
    }
}

/// Returns the news of the end of an agent's generation.
pub(super) fn down(agent: &AgentRef, reason: DownReason, restarts: bool) -> Down {
    Down { address: agent.address(), generation: agent.generation(), reason, restarts }
}

impl Future for Ended {
    type Output = DownReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<DownReason> {
        let (agent, place) = match &mut self.get_mut().0 {
            End::Here { agent, place } => (agent, place),
            End::There(ended) => return ended.as_mut().poll(cx),
        };
        loop {
            let mut extras = agent.extras();
            if agent.mode() == Mode::Ended && is_forgotten(agent) {
                let reason = extras.as_ref().and_then(|extras| extras.reason.clone());
                return Poll::Ready(reason.unwrap_or(DownReason::Stopped));
            }
            let waiters = &mut extras.get_or_insert_with(Box::default).end_waiters;
            let former = waiters.wait(place, cx.waker());
            drop(extras);
            drop(former);
            if !agent.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let End::Here { agent, place: Some(place) } = &self.0 else { return };
        let mut extras = agent.extras();
        let waker = extras.as_mut().and_then(|extras| extras.end_waiters.leave(*place));
        drop(extras);
        drop(waker);
    }
}

impl Future for Monitor {
    type Output = Down;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Down> {
        let (agent, news) = match &mut self.get_mut().0 {
            News::Here { agent, news } => (agent, news),
            News::There(news) => return news.as_mut().poll(cx),
        };
        loop {
            // Tokio's budget must not look like silence.
            let mut news = tokio::task::unconstrained(&mut *news);
            if let Poll::Ready(news) = Pin::new(&mut news).poll(cx) {
                let gone = || down(agent, DownReason::Stopped, false);
                return Poll::Ready(news.unwrap_or_else(|_| gone()));
            }
            if !agent.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            End::Here { agent, .. } => write!(f, "Ended({agent:?})"),
            End::There(_) => f.write_str("Ended"),
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            News::Here { agent, .. } => write!(f, "Monitor({agent:?})"),
            News::There(_) => f.write_str("Monitor"),
        }
    }
}
