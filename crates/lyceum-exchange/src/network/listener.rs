//! Listening: others dial this node.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::AbortHandle;
use lyceum_wire::{AddressError, Endpoint};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::Inner;
use crate::transport::{ByteStream, TransportListener};

/// How long to wait after others could not be let in, as when there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How many handshakes may be under way at once.
const HANDSHAKE_LIMIT: usize = 256;

/// A place where others dial a node. The node listens until it ends or this is
/// [stopped](Self::stop); dropping it changes nothing.
pub struct Listener {
    inner: Arc<Inner>,
    endpoint: Endpoint,
    task: AbortHandle,
}

/// Says why a node cannot listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The text is no endpoint.
    #[error(transparent)]
    Endpoint(#[from] AddressError),
    /// No transport has the scheme.
    #[error("cannot listen at `{0}`: expected one of the schemes {1}")]
    Scheme(Endpoint, String),
    /// Strangers could get in.
    #[error(
        "cannot listen at `{0}`: beyond loopback other nodes must prove who they are; set a token"
    )]
    Open(Endpoint),
    /// The system does not let it.
    #[error("cannot listen at `{endpoint}`: {cause}")]
    Io {
        /// Where.
        endpoint: Endpoint,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The network was closed.
    #[error("cannot listen at `{0}`: the node has ended")]
    Closed(Endpoint),
}

pub(super) async fn listen(inner: &Arc<Inner>, endpoint: &str) -> Result<Listener, ListenError> {
    let endpoint: Endpoint = endpoint.parse()?;
    let Some(transport) = inner.transport(endpoint.scheme()) else {
        let schemes: Vec<_> = inner.transports.iter().map(|known| known.scheme()).collect();
        return Err(ListenError::Scheme(endpoint, schemes.join(", ")));
    };
    if !transport.is_private(&endpoint) && inner.settings.token.is_none() {
        return Err(ListenError::Open(endpoint));
    }
    let Some(listening) = inner.run(transport.listen(endpoint.clone())).await else {
        return Err(ListenError::Closed(endpoint));
    };
    let listening = listening.map_err(|cause| ListenError::Io { endpoint, cause })?;
    let endpoint = listening.endpoint();
    let Some(task) = inner.spawn(accept_all(inner.clone(), listening)) else {
        return Err(ListenError::Closed(endpoint));
    };
    inner.state().endpoints.push(endpoint.clone());
    Ok(Listener { inner: inner.clone(), endpoint, task })
}

/// Lets others in, until the task is stopped.
async fn accept_all(inner: Arc<Inner>, mut listening: Box<dyn TransportListener>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKE_LIMIT));
    loop {
        match listening.accept().await {
            Ok(stream) => {
                let Ok(place) = handshakes.clone().acquire_owned().await else { return };
                let arriving = inner.clone();
                inner.spawn(async move {
                    welcome(&arriving, stream).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "another node could not be let in");
                inner.timer.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn welcome(inner: &Arc<Inner>, stream: Box<dyn ByteStream>) {
    let limit = inner.settings.dial_limit;
    match inner.timer.limit(limit, inner.let_in(stream)).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a stranger was not let in"),
        None => tracing::debug!("a stranger said nothing in time"),
    }
}

impl Listener {
    /// Returns where the node listens, with the port that it got.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Lets nobody in any more; channels that there are go on.
    pub fn stop(self) {
        self.task.abort();
        self.inner.state().endpoints.retain(|endpoint| *endpoint != self.endpoint);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", self.endpoint)
    }
}
