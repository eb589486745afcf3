//! Waiting for time to pass.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use thiserror::Error;

use super::timers::TimerKey;
use super::{Due, Time};
use crate::cell;
use crate::node::Shared;

/// Waits until a time of the node's clock.
///
/// # Cancel safety
///
/// Dropping it cancels the timer.
#[must_use = "a sleep does nothing unless awaited"]
pub struct Sleep {
    node: Arc<Shared>,
    due: u64,
    timer: Option<Timer>,
}

/// A timer that is set, and for whom.
struct Timer {
    key: TimerKey,
    waker: WakerId,
}

/// The addresses of a waker's data and table. For as long as the timer owns the waker, they are no
/// other one's; the data alone may be, which is null where a waker needs none.
#[derive(PartialEq, Eq)]
struct WakerId([usize; 2]);

impl WakerId {
    fn of(waker: &Waker) -> Self {
        Self([waker.data().addr(), ptr::from_ref(waker.vtable()).addr()])
    }
}

/// The time given to a piece of work passed before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the work was not done in time")]
pub struct TimeoutError;

impl Sleep {
    pub(crate) fn until(node: Arc<Shared>, due: Time) -> Self {
        Self { node, due: due.nanos(), timer: None }
    }

    /// Returns when it ends.
    pub fn due(&self) -> Time {
        Time::from_nanos(self.due)
    }

    fn set(&mut self, waker: &Waker, inside: bool) {
        if self.timer.as_ref().is_some_and(|timer| timer.waker == WakerId::of(waker)) {
            return;
        }
        self.cancel();
        let own = waker.clone();
        let id = WakerId::of(&own);
        let due = if inside { Due::Wake(own) } else { Due::WakeOutside(own) };
        self.timer = Some(Timer { key: self.node.clock.set(self.due, due), waker: id });
    }

    fn cancel(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.node.clock.cancel(timer.key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let inside = cell::with_current(|_| ()).is_some();
        loop {
            if this.node.clock.nanos() >= this.due {
                // The timer fired, or will find nobody.
                if this.timer.is_some() && this.node.clock.nanos() == this.due {
                    this.timer = None;
                }
                this.cancel();
                return Poll::Ready(());
            }
            this.set(cx.waker(), inside);
            if !this.node.drive(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sleep(until {})", self.due())
    }
}
