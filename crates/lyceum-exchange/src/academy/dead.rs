//! Dead letters at a Redis: durable messages that were delivered too often.

use std::sync::Arc;

use lyceum_wire::Endpoint;
use lyceum_wire::academy::EntityId;
use thiserror::Error;

use super::redis::{Client, dead};
use super::way::Way;
use super::{Academy, MailboxError, OpenError, url};

/// A durable message that nobody answered, however often it was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its number.
    pub sequence: u64,
    /// The mailbox that it was for.
    pub mailbox: EntityId,
    /// Who sent it.
    pub sender: EntityId,
    /// How often it was delivered.
    pub deliveries: u32,
    /// When it was given up, in milliseconds since 1970.
    pub at: i64,
    /// How long it is.
    pub bytes: u64,
}

/// Says why nothing was done about dead letters.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeadLetterError {
    /// The exchange cannot be used, or said no.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The exchange keeps none, or is asked in another way.
    #[error("cannot look for dead letters at `{0}`: expected the URL of a Redis")]
    NoRedis(Endpoint),
    /// There is none of that number.
    #[error("there is no dead letter {0}")]
    Missing(u64),
}

impl Academy {
    /// Returns the dead letters at a Redis, the oldest first.
    ///
    /// # Errors
    ///
    /// The URL leads to no Redis, or that said no.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn dead_letters(&self, url: &str) -> Result<Vec<DeadLetter>, DeadLetterError> {
        self.at_redis(url, |client| async move { dead::list(&client).await }).await
    }

    /// Puts a dead letter into its mailbox once more, as if it had never been delivered.
    ///
    /// # Errors
    ///
    /// As for [`dead_letters`](Self::dead_letters); there is no such letter, or no such mailbox any
    /// more.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it is done or not, and goes on by itself.
    pub async fn replay_dead_letter(&self, url: &str, number: u64) -> Result<(), DeadLetterError> {
        let replayed =
            self.at_redis(url, move |client| async move { dead::replay(&client, number).await });
        replayed.await?.then_some(()).ok_or(DeadLetterError::Missing(number))
    }

    /// Throws a dead letter away.
    ///
    /// # Errors
    ///
    /// As for [`dead_letters`](Self::dead_letters), or there is no such letter.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it is done or not, and goes on by itself.
    pub async fn drop_dead_letter(&self, url: &str, number: u64) -> Result<(), DeadLetterError> {
        let dropped =
            self.at_redis(url, move |client| async move { dead::drop_one(&client, number).await });
        dropped.await?.then_some(()).ok_or(DeadLetterError::Missing(number))
    }

    /// Does something at a Redis, on the node's runtime.
    async fn at_redis<T, F>(
        &self,
        url: &str,
        ask: impl FnOnce(Arc<Client>) -> F,
    ) -> Result<T, DeadLetterError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, MailboxError>> + Send + 'static,
    {
        let url = self.0.plain(&url::parse(url)?);
        let client = match self.0.way_at(&url)? {
            Way::Redis(client) => client,
            #[cfg(feature = "hybrid")]
            Way::Hybrid(post) => post.client().clone(),
            _ => return Err(DeadLetterError::NoRedis(url)),
        };
        let asked = self.0.door.spawn(ask(client)).await.ok_or(OpenError::Ended)?;
        Ok(asked.map_err(|cause| OpenError::Exchange { url: Box::new(url), cause })?)
    }
}
