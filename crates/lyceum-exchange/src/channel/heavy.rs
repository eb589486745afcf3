//! Calls with large arguments, which are decoded beside the driver.
//!
//! To decode a hundred megabytes takes tens of milliseconds, in which the driver would neither read
//! nor write. So that happens on a thread for blocking work. Meanwhile later calls to the same
//! agent wait here, since they must not overtake.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};
use lyceum_core::exchange::{Fault, Served};
use lyceum_wire::AgentKey;
use lyceum_wire::link::{self, Call, FaultKind};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, unconstrained};

use super::Channel;
use super::outflow::Credit;
use super::serving::begin;

/// From how many bytes of arguments on a call is served beside the driver.
pub(super) const HEAVY: usize = 4 << 20;

/// Agents that a large call is decoded for, each with the calls that came after it.
#[derive(Default)]
pub(super) struct Queues {
    agents: HashMap<AgentKey, VecDeque<Held>>,
    decoding: FuturesUnordered<BoxFuture<'static, AgentKey>>,
    /// How many bytes of large arguments wait.
    bytes: u64,
}

/// A call that waits until a large one is handed over.
pub(super) struct Held {
    pub(super) call: Call,
    pub(super) body: Bytes,
    /// Its arguments, if they are large.
    pub(super) bytes: u64,
}

impl Queues {
    /// Returns whether no large call is decoded.
    pub(super) fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Returns how many calls wait.
    pub(super) fn len(&self) -> usize {
        self.agents.values().map(VecDeque::len).sum()
    }

    /// Returns how many bytes of large arguments wait.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether a call of that number waits.
    pub(super) fn has(&self, id: u64) -> bool {
        self.agents.values().flatten().any(|held| held.call.id == id)
    }

    /// Has calls to an agent wait until a large one is handed over.
    pub(super) fn begin(&mut self, agent: AgentKey, handed_over: oneshot::Receiver<()>) {
        self.agents.entry(agent.clone()).or_default();
        self.decoding.push(Box::pin(async move {
            // That it was dropped says so, too.
            let _ = handed_over.await;
            agent
        }));
    }

    /// Lets a call wait, if it must; otherwise it comes back.
    pub(super) fn hold(&mut self, agent: &AgentKey, held: Held) -> Option<Held> {
        let Some(queue) = self.agents.get_mut(agent) else { return Some(held) };
        self.bytes += held.bytes;
        queue.push_back(held);
        None
    }

    /// Takes a call out whose caller gave up; false if it does not wait here.
    pub(super) fn cancel(&mut self, id: u64) -> bool {
        for queue in self.agents.values_mut() {
            if let Some(place) = queue.iter().position(|held| held.call.id == id) {
                self.bytes -= queue.remove(place).map_or(0, |held| held.bytes);
                return true;
            }
        }
        false
    }

    /// Returns the next agent whose large call is handed over, with the calls that waited for it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Option<(AgentKey, VecDeque<Held>)> {
        let Poll::Ready(Some(agent)) = Pin::new(&mut self.decoding).poll_next(cx) else {
            return None;
        };
        let queue = self.agents.remove(&agent).unwrap_or_default();
        self.bytes -= queue.iter().map(|held| held.bytes).sum::<u64>();
        Some((agent, queue))
    }
}

impl Channel {
    /// Gives the memory of a large body back, beside the driver.
    pub(super) fn dispose(&self, body: Bytes) {
        if let Some(runtime) = &self.beside {
            runtime.spawn_blocking(move || drop(body));
        }
    }
}

/// A task that ends with this.
struct Owned(AbortHandle);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Decodes a call, hands it over and answers it, all beside the driver.
pub(super) fn serve(
    channel: &Arc<Channel>,
    runtime: &Handle,
    held: Held,
    credit: Option<Credit>,
    handed_over: oneshot::Sender<()>,
) -> BoxFuture<'static, u64> {
    let (id, encoding) = (held.call.id, held.call.encoding);
    let channel = channel.clone();
    let task = runtime.spawn(async move {
        let result = match handed(&channel, held, handed_over).await {
            Ok(result) => result,
            Err(fault) => return channel.answer_fault(id, fault),
        };
        channel.serve(id, encoding, result, credit, true).await;
    });
    let owned = Owned(task.abort_handle());
    Box::pin(async move {
        // If it was dropped or panicked, it was the runtime's end or is reported as a panic.
        let _ = task.await;
        drop(owned);
        id
    })
}

/// Decodes a call, hands it over, and waits for what comes of it.
async fn handed(
    channel: &Arc<Channel>,
    Held { call, body, .. }: Held,
    handed_over: oneshot::Sender<()>,
) -> Result<Result<Served, Fault>, link::Fault> {
    let decoder = channel.clone();
    let begun = tokio::task::spawn_blocking(move || begin(&decoder, &call, body)).await;
    let panicked = |_| {
        let why = "the arguments could not be decoded: that panicked";
        link::Fault::new(FaultKind::Codec, why).started(false)
    };
    let mut serving = begun.map_err(panicked)??;
    let first = unconstrained(poll_fn(|cx| Poll::Ready(serving.as_mut().poll(cx)))).await;
    // Who does not wait for it any more has ended.
    let _ = handed_over.send(());
    Ok(match first {
        Poll::Ready(result) => result,
        Poll::Pending => serving.await,
    })
}
