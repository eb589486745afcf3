//! Streams of results: actions that answer with many values.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tokio::sync::mpsc;

use crate::AgentRef;
use crate::life::try_run_job;

/// How many results wait for their receiver.
const AHEAD: usize = 64;

/// The results of an action that answers with a stream: bounded, and ended by dropping.
///
/// ```
/// # use lyceum::prelude::*;
/// # use futures_util::{Stream, StreamExt, stream};
/// # #[derive(Default)] struct Source;
/// #[agent]
/// impl Source {
///     #[action]
///     fn count(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
///         stream::iter(1..=to)
///     }
/// }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let source = node.launch(Source).await?;
/// let results = source.count(3).await?;
/// assert_eq!(results.collect::<Vec<_>>().await, [1, 2, 3]);
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
pub struct Results<T> {
    agent: AgentRef,
    receiver: Receiver<T>,
}

enum Receiver<T> {
    Direct(mpsc::Receiver<T>),
    Mapped(Pin<Box<dyn Stream<Item = T> + Send>>),
}

impl<T: Send + 'static> Results<T> {
    pub(crate) fn start<S>(agent: &AgentRef, stream: S) -> Self
    where
        S: Stream<Item = T> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let node = agent.node.clone();
        let job = try_run_job(agent, async move {
            let mut stream = std::pin::pin!(stream);
            let mut closed = std::pin::pin!(sender.closed());
            while let Either::Left((Some(item), _)) = select(stream.next(), &mut closed).await {
                if sender.send(item).await.is_err() {
                    return;
                }
                node.note_outside();
            }
        });
        if let Err(error) = job {
            panic!("{error}");
        }
        Self { agent: agent.clone(), receiver: Receiver::Direct(receiver) }
    }

    /// Turns each result into something else.
    pub(crate) fn map_items<U: Send + 'static>(
        self,
        map: impl FnMut(T) -> U + Send + 'static,
    ) -> Results<U> {
        let agent = self.agent.clone();
        Results { agent, receiver: Receiver::Mapped(Box::pin(self.map(map))) }
    }
}

impl<T> Stream for Results<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        loop {
            let polled = match &mut this.receiver {
                // Tokio's budget must not look like silence.
                Receiver::Direct(receiver) => {
                    let receive = std::future::poll_fn(|cx| receiver.poll_recv(cx));
                    let receive = std::pin::pin!(tokio::task::unconstrained(receive));
                    receive.poll(cx)
                }
                Receiver::Mapped(stream) => stream.as_mut().poll_next(cx),
            };
            if polled.is_ready() || !this.agent.node.drive(cx) {
                return polled;
            }
        }
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Results(of {:?})", self.agent)
    }
}
