//! Calls that are under way, whoever waits for them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{CallOptions, CallResult, State, Wait, poll_ticket, submit};
use crate::{CallError, Message, Recipient};

/// A call under way: keep it, join it, or drop it to cancel.
///
/// # Cancel safety
///
/// As for [`Call`](crate::Call): dropping it removes a message that is still queued.
#[must_use = "a call that is still queued is cancelled when this is dropped"]
pub struct Pending<M: Message> {
    // Before the target: a ticket is dropped while its agent is surely alive.
    state: Progress<M>,
    target: Recipient,
}

enum Progress<M: Message> {
    Decided(Box<CallResult<M>>),
    Open(State<M>),
    /// The outcome was taken.
    Over {
        started: bool,
    },
}

impl<M: Message> Pending<M> {
    pub(super) fn start(target: Recipient, message: M, mut options: CallOptions) -> Self {
        options.queued = true;
        let state = match submit(&target, message, &options) {
            Ok(result) => Progress::Decided(Box::new(result)),
            Err(Wait::Turn(ticket)) => Progress::Open(State::Waiting(ticket)),
            // It leaves now, whoever polls.
            Err(Wait::Far(answer)) => Progress::Open(State::Far(target.node.ahead(answer))),
        };
        Self { target, state }
    }

    pub(crate) fn target(&self) -> &Recipient {
        &self.target
    }

    /// Returns whether the action has started.
    pub fn has_started(&self) -> bool {
        match &self.state {
            Progress::Open(State::Waiting(ticket)) => ticket.has_started(),
            // Nobody knows of a call to another node before it is over.
            Progress::Open(_) => false,
            Progress::Decided(result) => started(result),
            Progress::Over { started } => *started,
        }
    }

    /// Gives up: a message that is still queued is removed, a turn that runs goes on.
    pub fn cancel(self) {}
}

impl<M: Message> Future for Pending<M> {
    type Output = CallResult<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let result = match std::mem::replace(&mut this.state, Progress::Open(State::Done)) {
            Progress::Decided(result) => *result,
            Progress::Open(mut state) => match poll_ticket(&this.target, &mut state, cx) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    this.state = Progress::Open(state);
                    return Poll::Pending;
                }
            },
            Progress::Over { .. } => panic!("a call was polled after it was ready"),
        };
        this.state = Progress::Over { started: started(&result) };
        Poll::Ready(result)
    }
}

/// Returns whether an action started that has this outcome, or may have.
fn started<T, E>(result: &Result<T, CallError<E>>) -> bool {
    result.as_ref().err().and_then(CallError::started).unwrap_or(true)
}

// Nothing in a call is pinned: the action's future lives in the agent's block.
impl<M: Message> Unpin for Pending<M> {}

impl<M: Message> fmt::Debug for Pending<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending({} of {:?})", M::INFO, self.target)
    }
}
