//! Waiting for room in an outbox.

use std::future::Future;

use tokio::sync::Notify;

/// Those who wait for room.
#[derive(Default)]
pub(super) struct Room(Notify);

impl Room {
    /// Waits until there is room, from now on.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + '_ {
        self.0.notified()
    }

    /// Lets all who wait look again.
    pub(super) fn open(&self) {
        self.0.notify_waiters();
    }
}
