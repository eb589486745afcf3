//! One-way messages.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};

use super::{CallOptions, budget, made_progress};
use crate::cell::{Outcome, Place, Refusal, Submitted, Ticket, Verdict};
use crate::error::{CallFault, Undelivered};
use crate::exchange::far_tell;
use crate::{AgentRef, CallError, Message, Recipient, TellError};

/// A one-way message: ready once it is in the mailbox.
///
/// # Cancel safety
///
/// The message is sent at the first poll; dropping it while it waits for room takes it back.
#[must_use = "a message is sent when this is first polled"]
pub struct Tell<'h, M: Message> {
    target: &'h Recipient,
    options: CallOptions,
    state: State<M>,
}

enum State<M: Message> {
    Fresh(M),
    Waiting(Ticket<M>),
    /// On its way to another node.
    Far(BoxFuture<'static, Result<(), TellError>>),
    Done,
}

impl<'h, M: Message> Tell<'h, M> {
    pub(crate) fn new(target: &'h Recipient, message: M) -> Self {
        Self::with_options(target, message, CallOptions::default())
    }

    #[inline]
    pub(crate) fn with_options(target: &'h Recipient, message: M, options: CallOptions) -> Self {
        let options = CallOptions { one_way: true, ..options.of(M::INFO) };
        Self { target, options, state: State::Fresh(message) }
    }

    /// Sends the message now, without waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the message if the mailbox is full, or the agent does not take messages. A message
    /// to another node leaves as soon as its channel can; what goes wrong then is logged.
    pub fn now(mut self) -> Result<(), TellError> {
        self.options.immediate = true;
        let State::Fresh(message) = self.state else { return Ok(()) };
        let submitted = submit(self.target, message, &self.options);
        match submitted {
            Submitted::Refused(refusal, message) => {
                match refuse(self.target, refusal, message, &self.options) {
                    Refused::Ended(result) => result,
                    Refused::Far(told) => {
                        self.target.node.send_off(told.map_err(CallError::from).boxed());
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }
}

#[inline]
fn submit<M: Message>(target: &Recipient, message: M, options: &CallOptions) -> Submitted<M> {
    let submitted = match M::entry(target) {
        Some(entry) => entry.submit(target, message, options),
        None => Submitted::Refused(Refusal::UnknownAction, message),
    };
    match (submitted, target.timeout()) {
        (Submitted::Refused(Refusal::UnknownAction, message), Some(timeout)) => {
            submit(target.untimed(), message, &options.or_within(timeout))
        }
        (submitted, _) => submitted,
    }
}

impl<M: Message> Future for Tell<'_, M> {
    type Output = Result<(), TellError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let State::Fresh(_) = this.state {
            let budget = ready!(budget(this.target, cx));
            let State::Fresh(message) = std::mem::replace(&mut this.state, State::Done) else {
                unreachable!("the state was just looked at");
            };
            match submit(this.target, message, &this.options) {
                Submitted::Refused(refusal, message) => {
                    match refuse(this.target, refusal, message, &this.options) {
                        Refused::Ended(result) => return Poll::Ready(result),
                        Refused::Far(told) => this.state = State::Far(told),
                    }
                }
                Submitted::Waiting(ticket) => this.state = State::Waiting(ticket),
                _ => {
                    made_progress(budget);
                    return Poll::Ready(Ok(()));
                }
            }
        }
        this.poll_room(cx)
    }
}

impl<M: Message> Tell<'_, M> {
    #[cold]
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TellError>> {
        let target = self.target;
        let result = loop {
            let polled = match &mut self.state {
                State::Waiting(ticket) => ticket.poll(cx).map(|outcome| read(target, outcome)),
                State::Far(told) => told.as_mut().poll(cx),
                State::Fresh(_) | State::Done => panic!("a message was polled after it was sent"),
            };
            match polled {
                Poll::Ready(result) => break result,
                Poll::Pending if target.node.drive(cx) => {}
                Poll::Pending => return Poll::Pending,
            }
        };
        self.state = State::Done;
        Poll::Ready(result)
    }
}

fn read<M: Message>(target: &Recipient, outcome: Outcome<M>) -> Result<(), TellError> {
    let Outcome::Ended(verdict, Some(message)) = outcome else { return Ok(()) };
    let fault = CallFault::new(target, M::INFO).returning(Undelivered::new(message));
    Err(match verdict {
        Verdict::Timeout => TellError::Timeout(fault),
        Verdict::Evicted => TellError::Overloaded(fault),
        _ => TellError::Terminated(fault.detail(super::reason(target))),
    })
}

/// What becomes of a message that no cell took.
enum Refused {
    Ended(Result<(), TellError>),
    /// Its agent is of another node.
    Far(BoxFuture<'static, Result<(), TellError>>),
}

#[cold]
fn refuse<M: Message>(
    target: &Recipient,
    refusal: Refusal,
    message: M,
    options: &CallOptions,
) -> Refused {
    match target.place() {
        Place::Here(agent) => Refused::Ended(explain(agent, refusal, message)),
        Place::There(remote) => {
            let options = target.timeout().map_or(*options, |timeout| options.or_within(timeout));
            Refused::Far(far_tell(target.untimed(), remote, message, &options))
        }
    }
}

fn explain<M: Message>(agent: &AgentRef, refusal: Refusal, message: M) -> Result<(), TellError> {
    if refusal == Refusal::Dropped {
        // The policy drops the newest: the sender did its part, and the loss is counted.
        agent.node.dead_letter(agent, M::INFO, refusal.into());
        return Ok(());
    }
    let fault = CallFault::new(agent.recipient(), M::INFO).returning(Undelivered::new(message));
    Err(match refusal {
        Refusal::Full | Refusal::Dropped | Refusal::Reentrant | Refusal::Crowded => {
            TellError::Overloaded(fault)
        }
        Refusal::Inactive => TellError::Inactive(fault),
        Refusal::SenderInactive => {
            TellError::Inactive(fault.detail("an inactive agent sends nothing"))
        }
        Refusal::Late => TellError::Timeout(fault),
        Refusal::Ended => TellError::Terminated(fault.detail(agent.reason_text())),
        Refusal::UnknownAction => TellError::UnknownAction(fault),
    })
}

// Nothing in a message is pinned.
impl<M: Message> Unpin for Tell<'_, M> {}

impl<M: Message> fmt::Debug for Tell<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tell({} of {:?})", M::INFO, self.target)
    }
}
