//! Calls that are under way, whoever waits for them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{CallOptions, CallResult, State, Wait, poll_ticket, submit};
use crate::{Message, Recipient};

/// A call under way: keep it, join it, or drop it to cancel.
///
/// # Cancel safety
///
/// As for [`Call`](crate::Call): dropping it removes a message that is still queued.
pub struct Pending<M: Message> {
    // Before the target: a ticket is dropped while its agent is surely alive.
    state: Progress<M>,
    target: Recipient,
}

enum Progress<M: Message> {
    Decided(Box<CallResult<M>>),
    Open(State<M>),
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
            Progress::Open(State::Far(_)) => false,
            Progress::Open(_) | Progress::Decided(_) => true,
        }
    }

    /// Gives up: a message that is still queued is removed, a turn that runs goes on.
    pub fn cancel(self) {}
}

impl<M: Message> Future for Pending<M> {
    type Output = CallResult<M>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.state, Progress::Open(State::Done)) {
            Progress::Decided(result) => Poll::Ready(*result),
            Progress::Open(mut state) => {
                let polled = poll_ticket(&this.target, &mut state, cx);
                this.state = Progress::Open(state);
                polled
            }
        }
    }
}

// Nothing in a call is pinned: the action's future lives in the agent's block.
impl<M: Message> Unpin for Pending<M> {}

impl<M: Message> fmt::Debug for Pending<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending({} of {:?})", M::INFO, self.target)
    }
}
