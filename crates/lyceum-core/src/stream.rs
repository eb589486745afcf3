//! Streams of results: actions that answer with many values.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::{Either, select};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{FutureExt, StreamExt};
use lyceum_wire::AccessKind;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::caught::panic_text;
use crate::cell::Place;
use crate::error::CallFault;
use crate::exchange::{Encoded, decode};
use crate::handle::reviving;
use crate::life::{Extras, try_run_job};
use crate::{ActionInfo, AgentRef, CallError, Recipient};

/// How many results wait for their receiver.
const AHEAD: usize = 64;
/// What is known of a stream that no action answered with.
static STREAM: ActionInfo = ActionInfo::new("", "stream", AccessKind::Detached);

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
    /// From a job of an agent of this process.
    Direct(mpsc::Receiver<T>, Arc<Ending>),
    /// From elsewhere, or made of others; an error is the last.
    Other(BoxStream<'static, Result<T, CallError>>),
}

/// How a stream ended, which its job says before it closes the channel.
struct Ending {
    /// The action that answered with the stream.
    action: &'static ActionInfo,
    /// That it came to its end, or the text of its panic; nothing if its job was dropped.
    how: OnceLock<Result<(), Box<str>>>,
}

impl<T: Send + 'static> Results<T> {
    /// Lets a job of an agent send the items of a stream, which an action answers with.
    pub(crate) fn start<S>(agent: &AgentRef, action: Option<&'static ActionInfo>, stream: S) -> Self
    where
        S: Stream<Item = T> + Send + 'static,
    {
        let action = action.unwrap_or(&STREAM);
        let (sender, receiver) = mpsc::channel(AHEAD);
        let ending = Arc::new(Ending { action, how: OnceLock::new() });
        let (owner, ended) = (agent.clone(), ending.clone());
        let job = try_run_job(agent, async move {
            let sent = AssertUnwindSafe(send_items(stream, &sender, &owner)).catch_unwind().await;
            let how = sent.as_ref().copied().map_err(|panic| panic_text(&**panic));
            // Nobody else says how it ended.
            let _ = ended.how.set(how);
            drop(sender);
            if let Err(panic) = sent {
                owner.with_extras(Extras::count_failed_stream);
                resume_unwind(panic);
            }
        });
        if let Err(error) = job {
            panic!("{error}");
        }
        let source = agent.recipient().clone();
        Self { source, receiver: Receiver::Direct(receiver, ending), failure: None }
    }

    /// Turns each result into something else.
    pub(crate) fn map_items<U: Send + 'static>(
        self,
        mut map: impl FnMut(T) -> U + Send + 'static,
    ) -> Results<U> {
        let source = self.source.clone();
        let items = self.into_items().map(move |item| item.map(&mut map));
        Results { source, receiver: Receiver::Other(items.boxed()), failure: None }
    }

    /// Returns the results, and at last why they ended before their time, if they did.
    pub(crate) fn into_items(self) -> impl Stream<Item = Result<T, CallError>> + Send + 'static {
        unfold(Some(self), async |results| {
            let mut results = results?;
            match results.next().await {
                Some(item) => Some((Ok(item), Some(results))),
                None => results.failure.take().map(|failure| (Err(failure), None)),
            }
        })
    }
}

/// Sends the items of a stream, until it ends or nobody receives them.
async fn send_items<S: Stream>(stream: S, sender: &mpsc::Sender<S::Item>, owner: &AgentRef) {
    let mut stream = pin!(stream);
    let mut closed = pin!(sender.closed());
    while let Either::Left((Some(item), _)) = select(stream.next(), &mut closed).await {
        if sender.send(item).await.is_err() {
            return;
        }
        owner.node.note_outside();
    }
}

impl<T> Results<T> {
    /// Returns why the stream ended before its time; `None` if it did not.
    ///
    /// A stream that panics ends so with [`CallError::Panicked`], and that of an agent which ends
    /// or restarts with [`CallError::Down`]. Results of an agent of another node also end if the
    /// channel is lost, or if one cannot be read.
    pub fn failure(&self) -> Option<&CallError> {
        self.failure.as_ref()
    }
}

impl Ending {
    /// Returns why a stream whose channel is closed ended before its time.
    fn failure(&self, source: &Recipient) -> Option<CallError> {
        let fault = || CallFault::new(source, self.action).started(true);
        match self.how.get() {
            Some(Ok(())) => None,
            Some(Err(text)) => Some(CallError::Panicked(fault().detail(&**text))),
            None => {
                let reason = match source.place() {
                    Place::Here(agent) => agent.reason_text(),
                    Place::There(_) => String::new(),
                };
                Some(CallError::Down(fault().detail(reason)))
            }
        }
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
                let item = item?;
                reviving(&source.node, || decode::<T>(&*item)).map_err(|why| {
                    CallError::Codec(CallFault::new(&source, &STREAM).detail(why.0).started(true))
                })
            }
        };
        let receiver = Receiver::Other(items.map(read).boxed());
        Self { source: source.clone(), receiver, failure: None }
    }
}

impl<T> Stream for Results<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        loop {
            let polled = match &mut this.receiver {
                _ if this.failure.is_some() => Poll::Ready(None),
                // Tokio's budget must not look like silence.
                Receiver::Direct(receiver, ending) => {
                    let receive = std::future::poll_fn(|cx| receiver.poll_recv(cx));
                    let polled = pin!(tokio::task::unconstrained(receive)).poll(cx);
                    if let Poll::Ready(None) = polled {
                        this.failure = ending.failure(&this.source);
                    }
                    polled
                }
                Receiver::Other(stream) => match stream.as_mut().poll_next(cx) {
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
