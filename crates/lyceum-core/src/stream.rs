//! Streams of results: actions that answer with many values.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::BoxStream;
use lyceum_wire::AccessKind;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::error::CallFault;
use crate::exchange::{Encoded, decode};
use crate::life::try_run_job;
use crate::{ActionInfo, AgentRef, CallError, Recipient};

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
    source: Recipient,
    receiver: Receiver<T>,
    failure: Option<CallError>,
}

enum Receiver<T> {
    Direct(mpsc::Receiver<T>),
    Mapped(BoxStream<'static, T>),
    Far(BoxStream<'static, Result<T, CallError>>),
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
        let source = agent.recipient().clone();
        Self { source, receiver: Receiver::Direct(receiver), failure: None }
    }

    /// Turns each result into something else.
    pub(crate) fn map_items<U: Send + 'static>(
        self,
        map: impl FnMut(T) -> U + Send + 'static,
    ) -> Results<U> {
        let source = self.source.clone();
        let (receiver, failure) = match self.receiver {
            Receiver::Far(stream) => {
                let mut map = map;
                (Receiver::Far(stream.map(move |item| item.map(&mut map)).boxed()), self.failure)
            }
            receiver => {
                let results = Self { receiver, ..self };
                (Receiver::Mapped(results.map(map).boxed()), None)
            }
        };
        Results { source, receiver, failure }
    }
}

impl<T> Results<T> {
    /// Returns why the stream ended before its time; `None` if it did not.
    ///
    /// Results of an agent of another node end with an error if the channel is lost, or if one
    /// cannot be read.
    pub fn failure(&self) -> Option<&CallError> {
        self.failure.as_ref()
    }
}

impl<T: DeserializeOwned + Send + 'static> Results<T> {
    /// Receives what an agent of another node answers.
    pub(crate) fn of_stream(
        source: &Recipient,
        items: BoxStream<'static, Result<Box<dyn Encoded>, CallError>>,
    ) -> Self {
        let read = {
            let source = source.clone();
            move |item: Result<Box<dyn Encoded>, CallError>| {
                decode::<T>(&*item?).map_err(|why| {
                    let info = ActionInfo::new("", "stream", AccessKind::Detached);
                    CallError::Codec(CallFault::new(&source, &info).detail(why.0).started(true))
                })
            }
        };
        let receiver = Receiver::Far(items.map(read).boxed());
        Self { source: source.clone(), receiver, failure: None }
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
                Receiver::Far(_) if this.failure.is_some() => Poll::Ready(None),
                Receiver::Far(stream) => match stream.as_mut().poll_next(cx) {
                    Poll::Ready(Some(Err(failure))) => {
                        this.failure = Some(failure);
                        Poll::Ready(None)
                    }
                    polled => polled.map(|item| item.and_then(Result::ok)),
                },
            };
            if polled.is_ready() || !this.source.node.drive(cx) {
                return polled;
            }
        }
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Results(of {:?})", self.source)
    }
}
