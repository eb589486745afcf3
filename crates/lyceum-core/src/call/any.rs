//! Calls of actions by name, with JSON values.

mod request;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use request::Request;
pub(crate) use request::known_actions;
use serde_json::Value;

use super::{CallOptions, Timeout};
use crate::clock::When;
use crate::route::{Answer, Arguments, Underway};
use crate::stream::Results;
use crate::{CallError, Recipient};

/// A call by name that starts when it is first polled; await it for the answer.
///
/// Made by [`AnyHandle::call`](crate::AnyHandle::call).
///
/// # Cancel safety
///
/// As for [`Call`](crate::Call): dropping it removes a message that is still queued.
///
/// ```
/// # use lyceum::prelude::*;
/// # use serde_json::json;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let counter = node.launch(Counter::default()).await?.any();
/// let add = || counter.call("add", json!([1]));
/// assert_eq!(add().timeout(Duration::from_secs(1)).await?, json!(1));
/// add().tell().await?;
/// let pending = add().send();
/// assert_eq!(pending.await?, json!(3));
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[must_use = "a call starts when it is first polled"]
pub struct AnyCall<'h> {
    request: Request<'h>,
    answer: Option<BoxFuture<'static, Result<Answer, CallError>>>,
}

/// A one-way message by name: ready once it is in the mailbox.
///
/// # Cancel safety
///
/// The message is sent at the first poll; dropping it while it waits for room takes it back.
#[must_use = "a message is sent when this is first polled"]
pub struct AnyTell<'h> {
    request: Request<'h>,
    told: Option<BoxFuture<'static, Result<(), CallError>>>,
}

/// A call by name under way: keep it, join it, or drop it to cancel.
///
/// # Cancel safety
///
/// As for [`Pending`](crate::Pending): dropping it removes a message that is still queued.
#[must_use = "a call that is still queued is cancelled when this is dropped"]
pub struct AnyPending {
    target: Recipient,
    state: Result<Box<dyn Underway>, Option<CallError>>,
}

impl<'h> AnyCall<'h> {
    pub(crate) fn new(
        target: &'h Recipient,
        action: &str,
        arguments: Arguments,
        options: CallOptions,
    ) -> Self {
        Self { request: Request::new(target, action, arguments, options), answer: None }
    }

    /// Sets how long to wait for the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.options.timeout = Timeout::After(timeout);
        self
    }

    /// Sets until when to wait for the answer.
    pub fn deadline(mut self, deadline: impl Into<When>) -> Self {
        self.request.options.timeout = Timeout::until(self.request.target, deadline.into());
        self
    }

    /// Waits for the answer however long it takes, unless a caller further up has a deadline.
    pub fn no_timeout(mut self) -> Self {
        self.request.options.timeout = Timeout::Never;
        self
    }

    /// Has the exchange keep the message until it is answered, across the deaths of programs and
    /// machines: see `docs/src/semantics.md`. There is no deadline unless one is set.
    ///
    /// An agent of this process ends with its caller, so that nothing is kept for one. An exchange
    /// that keeps no messages refuses the call, and gives the message back.
    ///
    /// A call of an `#[action(durable)]` is so anyway, where the exchange keeps messages: it knows
    /// which actions are durable, and is asked before the first one is sent.
    pub fn durable(mut self) -> Self {
        self.request.options = self.request.options.durable();
        self
    }

    /// Sends the message one way: the answer is discarded.
    pub fn tell(self) -> AnyTell<'h> {
        AnyTell { request: self.request, told: None }
    }

    /// Starts the call at once, to keep, join or cancel it.
    ///
    /// The message goes through the mailbox, so that this returns without running the action.
    pub fn send(mut self) -> AnyPending {
        let state = self.request.send().map_err(Some);
        AnyPending { target: self.request.target.clone(), state }
    }

    /// Waits for the results of an action that answers with a stream of them.
    ///
    /// # Errors
    ///
    /// As any call. An action that answers with one value is [`CallError::UnknownAction`].
    pub async fn stream(mut self) -> Result<Results<Value>, CallError> {
        match self.request.call(true)?.await? {
            Answer::Stream(results) => Ok(results),
            Answer::Value(_) => unreachable!("a stream was asked for"),
        }
    }
}

impl AnyTell<'_> {
    /// Sends the message now, without waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the message if the mailbox is full, or the agent does not take messages.
    pub fn now(mut self) -> Result<(), CallError> {
        self.request.tell_now()
    }
}

impl AnyPending {
    /// Returns whether the action has started.
    pub fn has_started(&self) -> bool {
        self.state.as_ref().is_ok_and(|sent| sent.has_started())
    }

    /// Gives up: a message that is still queued is removed, a turn that runs goes on.
    pub fn cancel(self) {}
}

impl Future for AnyCall<'_> {
    type Output = Result<Value, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let answer = match &mut this.answer {
            Some(answer) => answer,
            None => this.answer.insert(this.request.call(false)?),
        };
        answer.as_mut().poll(cx).map(value)
    }
}

impl Future for AnyTell<'_> {
    type Output = Result<(), CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let told = match &mut this.told {
            Some(told) => told,
            None => this.told.insert(this.request.tell()?),
        };
        told.as_mut().poll(cx)
    }
}

impl Future for AnyPending {
    type Output = Result<Value, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match &mut this.state {
            Ok(sent) => Pin::new(sent).poll(cx).map(value),
            Err(refusal) => {
                Poll::Ready(Err(refusal.take().expect("a call is polled until it is ready")))
            }
        }
    }
}

/// Returns the one value that a call is answered with, unless it is sent with `stream`.
fn value(answer: Result<Answer, CallError>) -> Result<Value, CallError> {
    match answer? {
        Answer::Value(value) => Ok(value),
        Answer::Stream(_) => unreachable!("one value was asked for"),
    }
}

impl fmt::Debug for AnyCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyCall(of {:?})", self.request.target)
    }
}

impl fmt::Debug for AnyTell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyTell(of {:?})", self.request.target)
    }
}

impl fmt::Debug for AnyPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyPending(of {:?})", self.target)
    }
}
