//! Time for channels: the system's, or that of a simulated node.

use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use lyceum_core::exchange::Door;

/// Lets channels wait. On a simulated node that is its own time, so that runs repeat; elsewhere the
/// system's, since the other node does not follow a clock that a simulator sets.
#[derive(Clone, Debug)]
pub(crate) struct Timer(Door);

impl Timer {
    pub(crate) fn of(door: &Door) -> Self {
        Self(door.clone())
    }

    /// Waits for so long.
    pub(crate) fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        match self.0.runtime() {
            Some(_) => Box::pin(tokio::time::sleep(time)),
            None => Box::pin(self.0.sleep_until(self.0.now() + time)),
        }
    }

    /// Waits for `work` for at most so long.
    pub(crate) async fn limit<T>(
        &self,
        time: Duration,
        work: impl Future<Output = T> + Send,
    ) -> Option<T> {
        match select(Box::pin(work), self.sleep(time)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }
}
