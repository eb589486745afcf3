//! Opening connections and listening for them, by URL.

use std::io;
use std::sync::Arc;

use lyceum_wire::{AddressError, Endpoint};
use thiserror::Error;

use super::url::{TLS, transport_of, url_of};
use super::{Profile, ProfileError};
use crate::transport::attentive::LOOKING;
use crate::transport::sockets;
use crate::{ByteStream, Transport, TransportListener};

/// Says why there is no connection, or nobody listens.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is no URL.
    #[error(transparent)]
    Url(#[from] AddressError),
    /// An option of the URL cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The URL is none of this wire, or no transport leads there.
    #[error(
        "cannot use `{0}`: expected aiomas+tcp://HOST:PORT or aiomas+ipc://[PATH], with options or \
         not"
    )]
    Scheme(Endpoint),
    /// Strangers could connect.
    #[error("cannot listen at `{0}`: others than this machine could connect without credentials")]
    Exposed(Endpoint),
    /// The node is in simulated time, and has no real network.
    #[error("cannot use `{0}` on a simulated node: it has no network")]
    Simulated(Endpoint),
    /// A manager is the agent 0, and the node has another one of that id.
    #[error("cannot give the id 0 to a manager: an agent of the node has it already")]
    Taken,
    /// The node is connected to too many containers.
    #[error("cannot connect to a container: expected at most {0}")]
    Full(usize),
    /// The node has ended.
    #[error("cannot use `{0}`: the node has ended")]
    Ended(Endpoint),
    /// The network said no.
    #[error("cannot reach `{url}`")]
    Network {
        /// Where.
        url: Endpoint,
        /// Why.
        source: io::Error,
    },
}

impl OpenError {
    /// Returns the text with that of its cause.
    pub(super) fn with_cause(&self) -> String {
        match self {
            Self::Network { source, .. } => format!("{self}: {source}"),
            other => other.to_string(),
        }
    }
}

/// The transports that a URL may name.
#[derive(Clone, Debug)]
pub(super) struct Transports(Vec<Arc<dyn Transport>>);

/// Where a URL leads.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) url: Endpoint,
    /// What the transport is to be given.
    pub(super) endpoint: Endpoint,
    pub(super) profile: Profile,
    pub(super) transport: Arc<dyn Transport>,
}

impl Default for Transports {
    fn default() -> Self {
        Self(sockets(LOOKING))
    }
}

impl Transports {
    /// Adds one that is asked first.
    pub(super) fn add(&mut self, transport: Arc<dyn Transport>) {
        self.0.insert(0, transport);
    }

    /// Returns where a URL leads.
    pub(super) fn find(&self, url: &Endpoint) -> Result<Destination, OpenError> {
        let scheme = || OpenError::Scheme(url.clone());
        let endpoint = transport_of(url).ok_or_else(scheme)?;
        let mut known = self.0.iter();
        let transport = known.find(|transport| transport.scheme() == endpoint.scheme());
        let transport = transport.ok_or_else(scheme)?.clone();
        Ok(Destination { url: url.clone(), endpoint, profile: Profile::of(url)?, transport })
    }
}

impl Destination {
    /// Connects.
    pub(super) async fn dial(&self) -> Result<Box<dyn ByteStream>, OpenError> {
        let stream = self.transport.dial(self.endpoint.clone()).await;
        stream.map_err(|source| OpenError::Network { url: self.url.clone(), source })
    }

    /// Listens; returns the URL with the port that there really is, too.
    pub(super) async fn listen(&self) -> Result<(Box<dyn TransportListener>, Endpoint), OpenError> {
        let listener = self.transport.listen(self.endpoint.clone()).await;
        let network = |source| OpenError::Network { url: self.url.clone(), source };
        let listener = listener.map_err(network)?;
        let url = url_of(&listener.endpoint(), &self.url);
        let url = url.ok_or_else(|| OpenError::Scheme(self.url.clone()))?;
        Ok((listener, url))
    }

    /// Returns whether strangers can reach it: from other machines, and without credentials.
    pub(super) fn is_exposed(&self) -> bool {
        !self.transport.is_private(&self.endpoint) && self.transport.scheme() != TLS
    }
}
