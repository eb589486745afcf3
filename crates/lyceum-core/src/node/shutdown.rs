//! The orderly end of a node.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt};

use super::Shared;
use crate::cell;
use crate::life::stop_all;

/// Stops all agents and ends the node. What has begun goes on if this is dropped.
pub(super) struct Shutdown {
    node: Arc<Shared>,
    /// What is left to do, once it has begun.
    rest: Option<BoxFuture<'static, ()>>,
}

impl Shutdown {
    pub(super) fn new(node: Arc<Shared>) -> Self {
        let rest = Some(run(node.clone()).boxed());
        Self { node, rest }
    }

    /// Leaves the rest to the node.
    fn hand_over(&mut self) {
        if let Some(rest) = self.rest.take() {
            self.node.spawn(None, rest).detach();
        }
    }

    /// Returns whether an agent of the node waits for this, in a turn or a job of its own.
    fn is_awaited_within(&self) -> bool {
        let node = NonNull::from(&*self.node);
        cell::with_current(|frame| frame.node == node && frame.agent.is_some()).unwrap_or(false)
    }
}

async fn run(node: Arc<Shared>) {
    stop_all(&node).await;
    for exchange in node.exchanges.take() {
        exchange.close().await;
    }
    node.close("it was shut down");
}

impl Future for Shutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(()) };
        if rest.as_mut().poll(cx).is_ready() {
            self.rest = None;
        } else if self.is_awaited_within() {
            // An agent that waited for its own end would be dropped after its grace time.
            self.hand_over();
        } else {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        self.hand_over();
    }
}
