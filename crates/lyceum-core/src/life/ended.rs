//! Waiting for the end of an agent, or of one of its generations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{Down, DownReason, Mode, WaiterPlace};
use crate::exchange::Remote;
use crate::{AgentRef, Recipient, cell};

/// Waits until an agent is gone for good.
///
/// An agent that stops waits for its turns, jobs and children. Where one of these awaits its end,
/// or somebody for whom one of its turns waits, that would be to wait for itself: this is ready as
/// soon as the agent begins to stop, with the reason why.
///
/// # Cancel safety
///
/// Dropping it changes nothing.
pub struct Ended(End);

enum End {
    Here {
        agent: AgentRef,
        place: Option<WaiterPlace>,
        /// Whether an agent may await it that waits for itself then.
        is_public: bool,
        stop_place: Option<WaiterPlace>,
    },
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
    /// Waits for the end, whoever awaits it.
    pub(crate) fn of(agent: AgentRef) -> Self {
        Self(End::Here { agent, place: None, is_public: false, stop_place: None })
    }

    /// Waits for the end, or its beginning where the agent waits for who awaits it.
    pub(crate) fn public(agent: AgentRef) -> Self {
        Self(End::Here { agent, place: None, is_public: true, stop_place: None })
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
        let (agent, place, is_public, stop_place) = match &mut self.get_mut().0 {
            End::Here { agent, place, is_public, stop_place } => {
                (agent, place, *is_public, stop_place)
            }
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
            if is_public
                && is_awaited_within(agent)
                && let Poll::Ready(reason) = poll_stopping(agent, stop_place, cx)
            {
                return Poll::Ready(reason);
            }
            if !agent.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let End::Here { agent, place, stop_place, .. } = &self.0 else { return };
        if place.is_none() {
            return;
        }
        let mut extras = agent.extras();
        let wakers = extras.as_mut().map(|extras| {
            let ended = place.and_then(|place| extras.end_waiters.leave(place));
            let stopping = stop_place.and_then(|place| extras.stop_waiters.leave(place));
            (ended, stopping)
        });
        drop(extras);
        drop(wakers);
    }
}

/// Returns whether what this thread runs has to be over before the agent ends: turns and jobs of
/// the agent and of its children, and what its turns wait for.
fn is_awaited_within(agent: &AgentRef) -> bool {
    cell::current_agents().into_iter().any(|mut one| {
        while one != *agent {
            let parent = one.extras().as_ref().and_then(|extras| extras.parent);
            match parent.and_then(|parent| one.node.registry.by_id(parent)) {
                Some(parent) => one = parent,
                None => return false,
            }
        }
        true
    })
}

/// Waits until the agent begins to stop.
fn poll_stopping(
    agent: &AgentRef,
    place: &mut Option<WaiterPlace>,
    cx: &Context<'_>,
) -> Poll<DownReason> {
    let mut extras = agent.extras();
    let extras_now = extras.get_or_insert_with(Box::default);
    // The reason follows the mode.
    if agent.is_stopping()
        && let Some(reason) = &extras_now.reason
    {
        return Poll::Ready(reason.clone());
    }
    let former = extras_now.stop_waiters.wait(place, cx.waker());
    drop(extras);
    drop(former);
    Poll::Pending
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
