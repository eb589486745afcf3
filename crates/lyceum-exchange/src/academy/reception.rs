//! Receptions: what comes into a mailbox, for as long as it exists.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use lyceum_core::exchange::Door;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{Attributes, Delivered, Mailbox, MailboxError};

/// How often the holder of a mailbox says that it is alive, as Academy's do.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long to wait after the exchange failed, at first and at most.
pub(super) const PAUSES: (Duration, Duration) =
    (Duration::from_millis(50), Duration::from_secs(10));

/// Takes what comes into a mailbox.
pub(super) trait Receiver: Send + Sync + 'static {
    /// Takes a message. The next one is only asked for when the future is done.
    fn take(self: Arc<Self>, delivered: Delivered) -> BoxFuture<'static, ()>;
}

/// Why a mailbox is not received from any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The mailbox or its receiver is gone.
    Over,
    /// Another program holds the mailbox.
    Replaced,
}

/// One mailbox that is held, and what it is known as.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) mailbox: Arc<dyn Mailbox>,
    /// The class of an agent, and what it descends from.
    pub(super) ancestors: Option<Vec<String>>,
    /// What else it is found by.
    pub(super) attributes: Attributes,
    /// Whose randomness keeps many nodes from coming at once.
    pub(super) door: Door,
}

impl Held {
    /// Makes the mailbox, if it does not exist.
    pub(super) async fn register(&self) -> Result<(), MailboxError> {
        let Self { mailbox, ancestors, attributes, .. } = self;
        mailbox.register_with(mailbox.id(), ancestors.as_deref(), attributes).await
    }

    /// Hands what comes to the receiver until the mailbox is terminated or the receiver is gone.
    ///
    /// An exchange that is away is waited for, and one that forgot the mailbox is told again.
    pub(super) async fn receive<R: Receiver>(&self, receiver: Weak<R>) -> Left {
        let (first, longest) = PAUSES;
        let mut pause = first;
        loop {
            let error = match self.mailbox.receive().await {
                Ok(delivered) => {
                    let Some(receiver) = receiver.upgrade() else { return Left::Over };
                    receiver.take(delivered).await;
                    pause = first;
                    continue;
                }
                Err(MailboxError::Terminated | MailboxError::Ended) => return Left::Over,
                // To come back would take it from who has it now.
                Err(MailboxError::Stale) => return Left::Replaced,
                Err(MailboxError::Message(error)) => {
                    // It is gone, and the next one may be better.
                    tracing::warn!(id = %self.mailbox.id(), %error, "dropped what is no message");
                    continue;
                }
                Err(MailboxError::Unknown) => match self.register().await {
                    Ok(()) => {
                        tracing::warn!(id = %self.mailbox.id(), "the exchange had no such mailbox");
                        MailboxError::Unknown
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            tracing::debug!(id = %self.mailbox.id(), %error, "cannot receive");
            // Between half of it and all.
            let share = (self.door.random() % 1024) as f64 / 1024.0;
            sleep(pause.mul_f64(0.5 + share / 2.0)).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// Says again and again that the holder is alive.
    pub(super) async fn beat(&self) {
        let mut ticks = interval(HEARTBEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.mailbox.heartbeat().await {
                Ok(()) => {}
                Err(MailboxError::Terminated) => return,
                Err(error) => {
                    tracing::debug!(id = %self.mailbox.id(), %error, "cannot send a heartbeat");
                }
            }
        }
    }
}
