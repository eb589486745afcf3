//! What a message by name leaves to who knows the action.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a message by name leaves open: its sender has no type, and so does not know whether the
/// action is durable.
///
/// An exchange that knows says so before the message leaves. From then on its sender waits as for
/// any durable message.
#[derive(Clone, Debug, Default)]
pub struct ByName {
    is_durable: Arc<AtomicBool>,
    time_left: Option<Duration>,
}

impl ByName {
    /// Leaves it open; a durable message would have so much time.
    pub(super) fn new(time_left: Option<Duration>) -> Self {
        Self { is_durable: Arc::default(), time_left }
    }

    /// Says that the action is durable. Returns how long the sender waits, which has no end unless
    /// he set one.
    pub fn make_durable(&self) -> Option<Duration> {
        self.is_durable.store(true, Ordering::Release);
        self.time_left
    }

    /// Returns whether somebody said that the action is durable.
    pub fn is_durable(&self) -> bool {
        self.is_durable.load(Ordering::Acquire)
    }
}
