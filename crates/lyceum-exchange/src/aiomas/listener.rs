//! Listeners for channels and RPC connections, without agents.

use std::fmt;
use std::io;

use lyceum_wire::Endpoint;

use super::open::Transports;
use super::{Channel, OpenError, Profile, Rpc, Service};
use crate::TransportListener;

/// Waits for channels or RPC connections that others open.
///
/// It listens where it is told to, strangers or not: what is offered is not an agent's.
pub struct Listener {
    listener: Box<dyn TransportListener>,
    url: Endpoint,
    profile: Profile,
}

impl Listener {
    /// Listens at a URL; port 0 is any free one.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the URL, or why that is not possible.
    pub async fn bind(url: &str) -> Result<Self, OpenError> {
        let destination = Transports::default().find(&url.parse()?)?;
        let (listener, url) = destination.listen().await?;
        Ok(Self { listener, url, profile: destination.profile })
    }

    /// Returns where it listens, with the port that it got.
    pub fn url(&self) -> &Endpoint {
        &self.url
    }

    /// Waits for the next channel.
    ///
    /// # Errors
    ///
    /// The network's.
    ///
    /// # Cancel safety
    ///
    /// No channel is lost if the future is dropped.
    pub async fn accept_channel(&mut self) -> io::Result<Channel> {
        Ok(Channel::start(self.listener.accept().await?, self.profile.clone()))
    }

    /// Waits for the next RPC connection, and offers a service to it.
    ///
    /// # Errors
    ///
    /// The network's.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost if the future is dropped.
    pub async fn accept(&mut self, service: impl Service) -> io::Result<Rpc> {
        Ok(Rpc::start(self.listener.accept().await?, self.profile.clone(), service))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", self.url)
    }
}
