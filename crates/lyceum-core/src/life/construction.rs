//! Constructions: code of users that makes a state, and may take long, hang, fail or panic.

use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::unconstrained;

use crate::caught::{Kept, Panic, catch, into_text};
use crate::cell::Frame;
use crate::clock::Sleep;
use crate::node::{Shared, pass};
use crate::{BoxError, Busy, ClockKind};

/// Why there is no state.
pub(super) enum Unmade {
    /// The constructor returned an error.
    Failed(BoxError),
    /// It panicked, with this text.
    Panicked(Box<str>),
    /// It has not returned in time.
    Late,
    /// The node's runtime has stopped.
    NodeStopped,
}

/// A construction under way, on a thread where it may block.
///
/// A thread cannot be taken back from a constructor that hangs. Such a construction can be waited
/// for again, so that there need be no more than one for an agent.
pub(super) struct Construction<T> {
    made: oneshot::Receiver<Made<T>>,
    /// One of the places for constructors; given up by one that takes too long.
    permit: Option<OwnedSemaphorePermit>,
}

type Made<T> = Kept<Result<Result<T, BoxError>, Panic>>;

impl<T: Send + 'static> Construction<T> {
    /// Begins a construction. A simulated node has one thread, and constructs at once.
    pub(super) async fn begin<F>(node: &Arc<Shared>, make: F) -> Self
    where
        F: FnOnce() -> Result<T, BoxError> + Send + 'static,
    {
        let (sender, made) = oneshot::channel();
        let inside = node.clone();
        let run = move || {
            let frame = Frame::new(NonNull::from(&*inside), None, None, false);
            let _entered = frame.enter();
            // The agent, and whoever launches it, may have given up waiting.
            let _ = sender.send(Kept::new(catch(make)));
        };
        let Some(runtime) = node.runtime() else {
            run();
            return Self { made, permit: None };
        };
        // The semaphore is never closed.
        let permit = node.constructing.clone().acquire_owned().await.ok();
        // Who waits for the result owns the thread, as far as one can.
        drop(runtime.spawn_blocking(run));
        Self { made, permit }
    }

    /// Waits for at most so long.
    ///
    /// A constructor is foreign to simulated time, which stands still for it: there, the limit is
    /// one of real time, and then time goes on.
    pub(super) async fn finish(
        &mut self,
        node: &Arc<Shared>,
        limit: Duration,
    ) -> Result<Kept<T>, Unmade> {
        let _busy = Busy::hold(node);
        let late = match node.runtime() {
            Some(runtime) if node.clock.kind() != ClockKind::System => {
                Either::Left(Box::pin(pass(runtime, limit)))
            }
            _ => Either::Right(Sleep::until(node.clone(), node.clock.now() + limit)),
        };
        // Tokio's budget must not look like a constructor that takes long.
        let made = match select(unconstrained(&mut self.made), late).await {
            Either::Left((made, _)) => made.map(Kept::into_inner),
            Either::Right(_) => {
                self.permit = None;
                return Err(Unmade::Late);
            }
        };
        match made {
            Ok(Ok(Ok(state))) => Ok(Kept::new(state)),
            Ok(Ok(Err(error))) => Err(Unmade::Failed(error)),
            Ok(Err(panic)) => Err(Unmade::Panicked(into_text(panic))),
            Err(_) => Err(Unmade::NodeStopped),
        }
    }
}
