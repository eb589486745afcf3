//! RPC connections: services on both sides, without agents.

use std::fmt;
use std::sync::Arc;

use super::driving::Driving;
use super::open::Transports;
use super::service::ServiceAnswers;
use super::{Closed, OpenError, Profile, RemoteObject, Service};
use crate::ByteStream;

/// A connection between two services; dropping it closes it.
///
/// The other side's is [`remote`](Self::remote). A side that offers nothing has `()`.
///
/// ```
/// use lyceum_exchange::aiomas::{Listener, Router, Rpc};
///
/// # type Done = Result<(), Box<dyn std::error::Error>>;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Done {
/// let sums = Router::new();
/// sums.expose("add", |mut call| async move {
///     let sum = call.argument::<i64>("a")? + call.argument::<i64>("b")?;
///     call.no_more_arguments()?;
///     call.answer(&sum)
/// });
/// let mut listener = Listener::bind("aiomas+tcp://127.0.0.1:0?codec=msgpack").await?;
/// let url = listener.url().to_string();
/// let (server, client) = tokio::join!(listener.accept(sums), Rpc::open(&url, ()));
/// let (_server, client) = (server?, client?);
///
/// assert_eq!(client.remote().call::<i64>("add", &(1, 2)).await?, 3);
/// let named = std::collections::HashMap::from([("b", 2)]);
/// assert_eq!(client.remote().call_with::<i64>("add", &[1], &named).await?, 3);
/// # Ok(()) }
/// ```
pub struct Rpc {
    driving: Driving,
}

impl Rpc {
    /// Opens a connection to who listens at a URL.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the URL, or why nobody is reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up.
    pub async fn open(url: &str, service: impl Service) -> Result<Self, OpenError> {
        let destination = Transports::default().find(&url.parse()?)?;
        let stream = destination.dial().await?;
        Ok(Self::start(stream, destination.profile, service))
    }

    /// Makes a connection of a stream.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(stream: impl ByteStream, profile: Profile, service: impl Service) -> Self {
        Self::start(Box::new(stream), profile, service)
    }

    pub(super) fn start(
        stream: Box<dyn ByteStream>,
        profile: Profile,
        service: impl Service,
    ) -> Self {
        let answers = Arc::new(ServiceAnswers(Arc::new(service)));
        Self { driving: Driving::start(stream, profile, answers) }
    }

    /// Returns the root of what the other side offers.
    pub fn remote(&self) -> RemoteObject {
        RemoteObject::new(self.driving.link.clone(), String::new())
    }

    /// Waits for the end of the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub async fn closed(&self) -> Closed {
        self.driving.link.closed().await
    }

    /// Closes the connection, once what is written already is sent.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes it at once.
    pub async fn close(self) {
        self.driving.close().await;
    }
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rpc")
    }
}
