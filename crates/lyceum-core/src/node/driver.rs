//! What moves a node's time: a task for the system's clock, a simulator for an external one.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle as Runtime;

use super::Shared;
use crate::clock::{ClockKind, Time, When};

/// Starts a task that ends with its node or runtime.
pub(super) fn spawn_detached(runtime: &Runtime, task: impl Future<Output = ()> + Send + 'static) {
    drop(runtime.spawn(task));
}

/// Starts what moves the node's time.
pub(super) fn start(runtime: &Runtime, node: &Arc<Shared>) {
    match node.clock.kind() {
        ClockKind::System => spawn_detached(runtime, follow_system(node.clone())),
        ClockKind::Virtual => spawn_detached(runtime, jump_when_idle(node.clone())),
        ClockKind::External => {}
    }
}

/// Waits until so much real time has passed, whatever the node's clock says.
pub(crate) fn pass(runtime: &Runtime, time: Duration) -> impl Future<Output = ()> + use<> {
    let _entered = runtime.enter();
    tokio::time::sleep(time)
}

/// Fires timers as the system's time passes.
async fn follow_system(node: Arc<Shared>) {
    let changed = node.clock.changed();
    while !node.is_closed() {
        let notified = changed.notified();
        match node.clock.arm(&node.registry) {
            None => notified.await,
            Some(due) => {
                let left = Duration::from_nanos(due.saturating_sub(node.clock.nanos()));
                // A timer set meanwhile may be due earlier.
                let _ = tokio::time::timeout(left, notified).await;
            }
        }
        node.clock.fire(&node.registry);
    }
}

/// Jumps to the next due time whenever all agents are idle.
async fn jump_when_idle(node: Arc<Shared>) {
    let changed = node.clock.changed();
    while !node.is_closed() {
        let notified = changed.notified();
        wait_idle(&node).await;
        match node.clock.arm(&node.registry) {
            Some(due) if !node.is_busy() => {
                node.clock.set_now(due);
                node.clock.fire(&node.registry);
                tokio::task::yield_now().await;
            }
            Some(_) | None => notified.await,
        }
    }
}

/// Waits until nothing runs and nothing is ready.
async fn wait_idle(node: &Shared) {
    loop {
        poll_fn(|cx| node.run_queue.poll_idle(cx)).await;
        // What was woken outside of the pumps gets a chance to run first.
        tokio::task::yield_now().await;
        if poll_fn(|cx| std::task::Poll::Ready(node.run_queue.poll_idle(cx).is_ready())).await {
            return;
        }
    }
}

/// Sets the time of a node with an external clock.
///
/// ```
/// # use lyceum::prelude::*;
/// # lyceum::block_on(async {
/// let start = "2030-01-01T00:00:00Z".parse()?;
/// let node = Node::builder().external_clock(start).build()?;
/// let driver = node.clock_driver().expect("the clock is external");
/// driver.advance(Duration::from_secs(60)).await;
/// assert_eq!(node.utc().to_string(), "2030-01-01T00:01:00Z");
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct ClockDriver {
    node: Arc<Shared>,
}

impl ClockDriver {
    pub(crate) fn of(node: &Arc<Shared>) -> Option<Self> {
        (node.clock.kind() == ClockKind::External).then(|| Self { node: node.clone() })
    }

    /// Moves time to a date or a time, stepping through all due times on the way in order.
    ///
    /// At each of them, everybody who is due wakes up and finishes what that brings before time
    /// goes on: nobody wakes late or sees a time beyond his own due time. A time in the past
    /// fires what is due and changes nothing else. Returns when everybody is idle again.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves time where it stands.
    pub async fn set(&self, time: impl Into<When>) {
        let target = self.node.clock.resolve(time.into()).nanos();
        self.idle().await;
        while let Some(due) =
            self.node.clock.next_due(&self.node.registry).filter(|due| *due <= target)
        {
            self.node.clock.set_now(due);
            self.node.clock.fire(&self.node.registry);
            self.idle().await;
        }
        self.node.clock.set_now(target);
    }

    /// Moves time forward; see [`set`](Self::set).
    pub async fn advance(&self, time: Duration) {
        self.set(self.node.clock.now() + time).await;
    }

    /// Lets time pass at a multiple of real time until `end`, in steps of 10 ms of real time.
    ///
    /// # Panics
    ///
    /// If the factor is not a positive number.
    pub async fn run(&self, end: impl Into<When>, factor: f64) {
        assert!(
            factor.is_finite() && factor > 0.0,
            "time runs forward: expected a positive factor"
        );
        let end = self.node.clock.resolve(end.into());
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        while self.node.clock.now() < end {
            beat.tick().await;
            let step = Duration::from_millis(10).mul_f64(factor);
            self.set((self.node.clock.now() + step).min(end)).await;
        }
    }

    /// Moves time forward to the next due time, or less far, and wakes nobody.
    ///
    /// For who conducts several nodes: none of them acts at the new time before all have it. Then
    /// [`run_due`](Self::run_due) wakes who is due.
    pub fn hold(&self, time: impl Into<When>) {
        let target = self.node.clock.resolve(time.into()).nanos();
        let next = self.node.clock.next_due(&self.node.registry).unwrap_or(u64::MAX);
        self.node.clock.set_now(target.min(next).max(self.node.clock.nanos()));
    }

    /// Wakes who is due at the present time, and waits until everybody is idle.
    pub async fn run_due(&self) {
        self.node.clock.fire(&self.node.registry);
        self.idle().await;
    }

    /// Waits until everybody is idle: no turn and no job runs or could run.
    pub async fn idle(&self) {
        while self.node.is_busy() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        wait_idle(&self.node).await;
    }

    /// Returns the date of a time.
    pub fn date(&self, time: Time) -> jiff::Timestamp {
        self.node.clock.date(time)
    }

    /// Returns when something happens next, if nothing comes from outside.
    pub fn next_due(&self) -> Option<Time> {
        self.node.clock.next_due(&self.node.registry).map(Time::from_nanos)
    }
}

impl fmt::Debug for ClockDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClockDriver(at {})", self.node.clock.now())
    }
}

/// Waits for Ctrl-C or a request to terminate.
pub(super) async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (terminated, interrupted) = (pin!(terminate.recv()), pin!(interrupt.recv()));
    let _first = futures_util::future::select(terminated, interrupted).await;
    Ok(())
}

/// Returns whether a runtime can wait for time to pass.
pub(super) fn has_timers(runtime: &Runtime) -> bool {
    // Tokio tells by a panic alone, whose text appears beside the error that follows.
    let _entered = runtime.enter();
    std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok()
}
