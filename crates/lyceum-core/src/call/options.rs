//! How a message is sent.

use std::time::Duration;

use crate::clock::When;
use crate::node::Shared;
use crate::{ActionInfo, Recipient};

/// How a message is sent. The default is a call with the default deadline.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallOptions {
    pub(crate) timeout: Timeout,
    /// Nobody waits for the answer.
    pub(crate) one_way: bool,
    /// Into the agent's control lane.
    pub(crate) control: bool,
    /// Through the mailbox even if the agent is idle.
    pub(crate) queued: bool,
    /// Kept by the exchange until it is answered.
    pub(crate) durable: bool,
    /// Do not wait for room in the mailbox.
    pub(crate) immediate: bool,
    /// A publication on a topic.
    pub(crate) publication: bool,
    /// Encoded size of the message, where it came encoded or could leave so.
    pub(crate) bytes: u32,
}

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Timeout {
    /// As the action, the agent or the node says.
    #[default]
    Unset,
    After(Duration),
    /// Until a time of the node's clock, in nanoseconds.
    At(u64),
    Never,
}

impl Timeout {
    /// Returns the limit of a message to `target` that may take until `deadline`.
    pub(crate) fn until(target: &Recipient, deadline: When) -> Self {
        Self::At(target.node.clock.resolve(deadline).nanos())
    }

    /// Returns whether the explicit limit leaves no time.
    #[inline]
    pub(crate) fn is_past(self, node: &Shared) -> bool {
        match self {
            Self::After(timeout) => timeout.is_zero(),
            Self::At(deadline) => deadline <= node.clock.nanos(),
            Self::Unset | Self::Never => false,
        }
    }

    /// Returns the explicit limit.
    pub(crate) fn after(self) -> Option<Duration> {
        match self {
            Self::After(timeout) => Some(timeout),
            Self::Unset | Self::At(_) | Self::Never => None,
        }
    }
}

impl CallOptions {
    /// Options of a call that waits for at most so long.
    pub fn within(timeout: Duration) -> Self {
        Self { timeout: Timeout::After(timeout), ..Self::default() }
    }

    /// Has the message kept until it is answered, without a deadline unless one is set.
    pub(crate) fn durable(mut self) -> Self {
        self.durable = true;
        if let Timeout::Unset = self.timeout {
            self.timeout = Timeout::Never;
        }
        self
    }

    /// Adds what the action says of each call of it.
    #[inline]
    pub(crate) fn of(self, info: &ActionInfo) -> Self {
        match (info.durable, info.timeout) {
            (false, _) => self,
            (true, None) => self.durable(),
            (true, Some(timeout)) => self.or_within(timeout).durable(),
        }
    }

    /// Sets how long to wait, unless that is set.
    pub(crate) fn or_within(mut self, timeout: Duration) -> Self {
        if let Timeout::Unset = self.timeout {
            self.timeout = Timeout::After(timeout);
        }
        self
    }

    /// Notes how large the encoded message was.
    pub fn encoded_bytes(mut self, bytes: usize) -> Self {
        self.bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self
    }

    /// Notes how large the message is as JSON, unless it is known how large it was.
    pub(crate) fn or_encoded_bytes(self, bytes: impl FnOnce() -> usize) -> Self {
        if self.bytes > 0 { self } else { self.encoded_bytes(bytes()) }
    }

    /// The agent's own turns: ahead of messages, and as long as they take.
    pub(crate) fn own_turn() -> Self {
        Self { timeout: Timeout::Never, control: true, ..Self::default() }
    }

    /// Returns when the caller stops waiting, in nanoseconds of the node's clock.
    pub(crate) fn deadline(&self, node: &Shared, info: &ActionInfo) -> u64 {
        match self.timeout {
            Timeout::Unset => {
                let after = info.timeout.unwrap_or(node.default_timeout);
                add(node.clock.coarse_nanos(), after)
            }
            Timeout::After(after) => add(node.clock.nanos(), after),
            Timeout::At(at) => at,
            Timeout::Never => u64::MAX,
        }
    }
}

fn add(now: u64, after: Duration) -> u64 {
    now.saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX))
}
