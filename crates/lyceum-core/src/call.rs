//! Calls: a message on its way to an agent, and the wait for its answer.

mod any;
mod options;
mod pending;
mod tell;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

pub(crate) use any::known_actions;
pub use any::{AnyCall, AnyPending, AnyTell};
use futures_util::future::BoxFuture;
pub use options::CallOptions;
pub(crate) use options::Timeout;
pub use pending::Pending;
pub use tell::Tell;
use tokio::task::coop;

use crate::cell::{Entry, Outcome, Place, Refusal, Submitted, Ticket, Verdict};
use crate::clock::When;
use crate::error::{CallFault, Undelivered};
use crate::exchange::far;
use crate::{CallError, Message, Recipient};

/// A call that starts when it is first polled; await it for the answer.
///
/// Made by a handle's methods. Without [`timeout`](Self::timeout) or [`deadline`](Self::deadline)
/// it waits as long as the action or the node says: 30 s unless set.
///
/// # Cancel safety
///
/// Dropping a call whose message is still queued removes the message. One that has started runs
/// to its end, and its answer is discarded.
///
/// ```
/// # use lyceum::prelude::*;
/// # #[derive(Default)] struct Counter { value: u64 }
/// # #[agent] impl Counter {
/// #     #[action] fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// # }
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let counter = node.launch(Counter::default()).await?;
/// assert_eq!(counter.add(2).await?, 2);
/// assert_eq!(counter.add(5).timeout(Duration::from_secs(1)).await?, 7);
/// counter.add(1).tell().await?;
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[must_use = "a call starts when it is first polled"]
pub struct Call<'h, M: Message> {
    target: &'h Recipient,
    options: CallOptions,
    state: State<M>,
}

pub(crate) enum State<M: Message> {
    Fresh(M),
    Waiting(Ticket<M>),
    Far(BoxFuture<'static, CallResult<M>>),
    Done,
}

/// What a message that was handed over waits for.
pub(crate) enum Wait<M: Message> {
    /// The agent's turn.
    Turn(Ticket<M>),
    /// An answer from another node.
    Far(BoxFuture<'static, CallResult<M>>),
}

impl<M: Message> From<Wait<M>> for State<M> {
    fn from(wait: Wait<M>) -> Self {
        match wait {
            Wait::Turn(ticket) => Self::Waiting(ticket),
            Wait::Far(answer) => Self::Far(answer),
        }
    }
}

/// What a call comes to.
pub(crate) type CallResult<M> = Result<<M as Message>::Output, CallError<<M as Message>::Error>>;

impl<'h, M: Message> Call<'h, M> {
    /// Makes a call.
    #[inline]
    pub fn new(target: &'h Recipient, message: M) -> Self {
        Self::with_options(target, message, CallOptions::default())
    }

    /// Makes a call with options.
    #[inline]
    pub fn with_options(target: &'h Recipient, message: M, options: CallOptions) -> Self {
        Self { target, options: options.of(M::INFO), state: State::Fresh(message) }
    }

    /// Sets how long to wait for the answer.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Timeout::After(timeout);
        self
    }

    /// Sets until when to wait for the answer.
    pub fn deadline(mut self, deadline: impl Into<When>) -> Self {
        self.options.timeout = Timeout::until(self.target, deadline.into());
        self
    }

    /// Waits for the answer however long it takes, unless a caller further up has a deadline.
    pub fn no_timeout(mut self) -> Self {
        self.options.timeout = Timeout::Never;
        self
    }

    /// Has the exchange keep the message until it is answered, across the deaths of programs and
    /// machines: see `docs/src/semantics.md`. There is no deadline unless one is set.
    ///
    /// An agent of this process ends with its caller, so that nothing is kept for one. An exchange
    /// that keeps no messages refuses the call, and gives the message back.
    ///
    /// Every call of an `#[action(durable)]` is so.
    pub fn durable(mut self) -> Self {
        self.options = self.options.durable();
        self
    }

    /// Sends the message one way: the answer is discarded.
    pub fn tell(self) -> Tell<'h, M> {
        let State::Fresh(message) = self.state else { unreachable!("a polled call is not moved") };
        Tell::with_options(self.target, message, self.options)
    }

    /// Starts the call at once, to keep, join or cancel it.
    ///
    /// The message goes through the mailbox, so that this returns without running the action.
    pub fn send(self) -> Pending<M> {
        let State::Fresh(message) = self.state else { unreachable!("a polled call is not moved") };
        Pending::start(self.target.clone(), message, self.options)
    }
}

impl<M: Message> Future for Call<'_, M> {
    type Output = CallResult<M>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let State::Fresh(_) = this.state {
            let budget = ready!(budget(this.target, cx));
            let State::Fresh(message) = std::mem::replace(&mut this.state, State::Done) else {
                unreachable!("the state was just looked at");
            };
            match submit(this.target, message, &this.options) {
                Ok(result) => {
                    made_progress(budget);
                    return Poll::Ready(result);
                }
                Err(wait) => this.state = wait.into(),
            }
        }
        poll_ticket(this.target, &mut this.state, cx)
    }
}

// Nothing in a call is pinned: the action's future lives in the agent's block.
impl<M: Message> Unpin for Call<'_, M> {}

/// What a task may still do before others run; none on a simulated node, which tokio must not
/// slow down: its time would pass meanwhile.
type Budget = Option<coop::RestoreOnPending>;

#[inline]
pub(crate) fn budget(target: &Recipient, cx: &mut Context<'_>) -> Poll<Budget> {
    if target.node.is_simulated() {
        return Poll::Ready(None);
    }
    coop::poll_proceed(cx).map(Some)
}

#[inline]
pub(crate) fn made_progress(budget: Budget) {
    if let Some(budget) = budget {
        budget.made_progress();
    }
}

/// Hands a message to its agent; an error is what to wait for.
#[inline]
pub(crate) fn submit<M: Message>(
    target: &Recipient,
    message: M,
    options: &CallOptions,
) -> Result<CallResult<M>, Wait<M>> {
    match M::entry(target) {
        Some(entry) => submit_to(entry, target, message, options),
        None => submit_behind(target, message, options),
    }
}

/// Hands a message to its agent by a known way.
#[inline]
pub(crate) fn submit_to<M: Message>(
    entry: Entry<M>,
    target: &Recipient,
    message: M,
    options: &CallOptions,
) -> Result<CallResult<M>, Wait<M>> {
    match entry.submit(target, message, options) {
        Submitted::Done(result) => Ok(result.map_err(CallError::Action)),
        Submitted::Waiting(ticket) => Err(Wait::Turn(ticket)),
        Submitted::Refused(Refusal::UnknownAction, message) => {
            submit_behind(target, message, options)
        }
        other => Ok(Err(explain(target, other))),
    }
}

/// Hands a message to the agent behind a recipient that is no cell of the known type.
#[cold]
fn submit_behind<M: Message>(
    target: &Recipient,
    message: M,
    options: &CallOptions,
) -> Result<CallResult<M>, Wait<M>> {
    if let Some(timeout) = target.timeout() {
        return submit(target.untimed(), message, &options.or_within(timeout));
    }
    match target.place() {
        Place::Here(_) => Ok(Err(unknown(target, message))),
        Place::There(remote) => Err(Wait::Far(far(target, remote, message, options))),
    }
}

#[cold]
fn unknown<M: Message>(target: &Recipient, message: M) -> CallError<M::Error> {
    let fault = CallFault::new(target, M::INFO).returning(Undelivered::new(message));
    CallError::UnknownAction(fault)
}

/// Waits for the outcome behind a ticket.
pub(crate) fn poll_ticket<M: Message>(
    target: &Recipient,
    state: &mut State<M>,
    cx: &mut Context<'_>,
) -> Poll<CallResult<M>> {
    let result = loop {
        let polled = match state {
            State::Waiting(ticket) => ticket.poll(cx).map(|outcome| read(target, outcome)),
            State::Far(answer) => answer.as_mut().poll(cx),
            State::Fresh(_) | State::Done => panic!("a call was polled after it was ready"),
        };
        match polled {
            Poll::Ready(result) => break result,
            Poll::Pending if target.node.drive(cx) => {}
            Poll::Pending => return Poll::Pending,
        }
    };
    *state = State::Done;
    Poll::Ready(result)
}

fn read<M: Message>(target: &Recipient, outcome: Outcome<M>) -> CallResult<M> {
    let fault = || CallFault::new(target, M::INFO);
    match outcome {
        Outcome::Ran(result) => result.map_err(CallError::Action),
        Outcome::Panicked(text) => Err(CallError::Panicked(fault().detail(text).started(true))),
        Outcome::Accepted => unreachable!("calls end with an answer, not with their acceptance"),
        Outcome::Ended(verdict, message) => {
            let started = message.is_none();
            let fault = match message {
                Some(message) => fault().returning(Undelivered::new(message)),
                None => fault().started(started),
            };
            Err(match verdict {
                Verdict::Timeout => CallError::Timeout(fault),
                Verdict::Evicted => {
                    CallError::Overloaded(fault.detail("a newer message took its place"))
                }
                Verdict::Terminated => CallError::Terminated(fault.detail(reason(target))),
                _ => CallError::Down(fault.detail(reason(target))),
            })
        }
    }
}

/// Returns why an agent of this node ended.
fn reason(target: &Recipient) -> String {
    match target.place() {
        Place::Here(agent) => agent.reason_text(),
        Place::There(_) => unreachable!("tickets are for agents of this node"),
    }
}

#[cold]
fn explain<M: Message>(target: &Recipient, submitted: Submitted<M>) -> CallError<M::Error> {
    let fault = CallFault::new(target, M::INFO);
    match submitted {
        Submitted::Panicked(text) => CallError::Panicked(fault.detail(text).started(true)),
        Submitted::Refused(refusal, message) => {
            let fault = fault.returning(Undelivered::new(message));
            match refusal {
                Refusal::Full => CallError::Overloaded(fault),
                Refusal::Dropped => CallError::Overloaded(fault.detail("the newest is dropped")),
                Refusal::Crowded => {
                    CallError::Overloaded(fault.detail("too many shared turns are under way"))
                }
                Refusal::Inactive => CallError::Inactive(fault),
                Refusal::SenderInactive => {
                    CallError::Inactive(fault.detail("an inactive agent sends nothing"))
                }
                Refusal::Late => CallError::Timeout(fault),
                Refusal::Ended => CallError::Terminated(fault.detail(reason(target))),
                Refusal::Reentrant => CallError::Reentrant(fault),
                Refusal::UnknownAction => CallError::UnknownAction(fault),
            }
        }
        Submitted::Done(_) | Submitted::Waiting(_) | Submitted::Accepted => {
            unreachable!("these are no refusals")
        }
    }
}

impl<M: Message> fmt::Debug for Call<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} of {:?})", M::INFO, self.target)
    }
}
