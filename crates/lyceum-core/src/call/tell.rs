//! One-way messages.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{CallOptions, State, budget, made_progress};
use crate::cell::{Outcome, Refusal, Submitted, Verdict};
use crate::error::{CallFault, Undelivered};
use crate::{Message, Recipient, TellError};

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

impl<'h, M: Message> Tell<'h, M> {
    pub(crate) fn new(target: &'h Recipient, message: M) -> Self {
        Self::with_options(target, message, CallOptions::default())
    }

    #[inline]
    pub(crate) fn with_options(target: &'h Recipient, message: M, options: CallOptions) -> Self {
        let options = CallOptions { one_way: true, ..options };
        Self { target, options, state: State::Fresh(message) }
    }

    /// Sends the message now, without waiting for room.
    ///
    /// # Errors
    ///
    /// Returns the message if the mailbox is full, or the agent does not take messages.
    pub fn now(mut self) -> Result<(), TellError> {
        self.options.immediate = true;
        let State::Fresh(message) = self.state else { return Ok(()) };
        let submitted = submit(self.target, message, &self.options);
        match submitted {
            Submitted::Refused(refusal, message) => refuse(self.target, refusal, message),
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
                    return Poll::Ready(refuse(this.target, refusal, message));
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
        let State::Waiting(ticket) = &mut self.state else {
            panic!("a message was polled after it was sent");
        };
        let outcome = loop {
            match ticket.poll(cx) {
                Poll::Ready(outcome) => break outcome,
                Poll::Pending if self.target.node.drive(cx) => {}
                Poll::Pending => return Poll::Pending,
            }
        };
        self.state = State::Done;
        Poll::Ready(match outcome {
            Outcome::Ended(verdict, Some(message)) => {
                let fault = CallFault::new(self.target, M::INFO);
                let fault = fault.returning(Undelivered::new(message));
                Err(match verdict {
                    Verdict::Timeout => TellError::Timeout(fault),
                    Verdict::Evicted => TellError::Overloaded(fault),
                    _ => TellError::Terminated(fault.detail(self.target.agent().reason_text())),
                })
            }
            _ => Ok(()),
        })
    }
}

#[cold]
fn refuse<M: Message>(target: &Recipient, refusal: Refusal, message: M) -> Result<(), TellError> {
    if refusal == Refusal::Dropped {
        // The policy drops the newest: the sender did its part, and the loss is counted.
        target.node.dead_letter(target.agent(), M::INFO, refusal.into());
        return Ok(());
    }
    let fault = CallFault::new(target, M::INFO).returning(Undelivered::new(message));
    Err(match refusal {
        Refusal::Full | Refusal::Dropped | Refusal::Reentrant | Refusal::Crowded => {
            TellError::Overloaded(fault)
        }
        Refusal::Inactive => TellError::Inactive(fault),
        Refusal::SenderInactive => {
            TellError::Inactive(fault.detail("an inactive agent sends nothing"))
        }
        Refusal::Ended => TellError::Terminated(fault.detail(target.agent().reason_text())),
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
