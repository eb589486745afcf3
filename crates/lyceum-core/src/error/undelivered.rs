//! Messages that come back.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::call::Tell;
use crate::handle::Handle;
use crate::{ActionInfo, Message, Recipient, Target, TellError};

/// A message that was not delivered, or did not start: it can be sent again.
pub struct Undelivered {
    info: &'static ActionInfo,
    /// Locked by nobody: it makes errors `Sync` though messages need not be.
    message: Mutex<Box<dyn Parcel>>,
}

/// A message of a forgotten type.
trait Parcel: Any + Send {
    fn tell(self: Box<Self>, target: Recipient) -> BoxFuture<'static, Result<(), TellError>>;
}

impl<M: Message> Parcel for M {
    fn tell(self: Box<Self>, target: Recipient) -> BoxFuture<'static, Result<(), TellError>> {
        Box::pin(async move { Tell::new(&target, *self).await })
    }
}

impl Undelivered {
    pub(crate) fn new<M: Message>(message: M) -> Self {
        Self { info: M::INFO, message: Mutex::new(Box::new(message)) }
    }

    /// Returns the name of the action.
    pub fn action(&self) -> &'static str {
        self.info.name
    }

    /// Sends the message to an agent, one way.
    ///
    /// # Errors
    ///
    /// Returns the message again if it cannot be delivered there either.
    ///
    /// # Cancel safety
    ///
    /// The message is lost if the future is dropped before it is ready.
    pub async fn tell_to<A: Target>(self, handle: &Handle<A>) -> Result<(), TellError> {
        let message = self.message.into_inner().unwrap_or_else(PoisonError::into_inner);
        message.tell(handle.recipient().clone()).await
    }
}

impl fmt::Debug for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undelivered({})", self.info)
    }
}
