//! Transports: byte streams to and from endpoints.

pub(crate) mod attentive;
mod local;
pub(crate) mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod unix;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use lyceum_core::exchange::Door;
use lyceum_wire::Endpoint;
use tokio::io::{AsyncRead, AsyncWrite};

/// One byte stream between two nodes.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for S {}

/// Makes byte streams of the endpoints of one scheme.
pub trait Transport: Send + Sync + fmt::Debug + 'static {
    /// Returns the scheme, as in `tcp`.
    fn scheme(&self) -> &'static str;

    /// Connects to who listens at an endpoint.
    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>>;

    /// Listens at an endpoint.
    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>>;

    /// Returns whether only who is on this machine can reach the endpoint.
    fn is_private(&self, endpoint: &Endpoint) -> bool;
}

/// Waits for byte streams that others dial.
pub trait TransportListener: Send + 'static {
    /// Returns where it listens, with the port that it got.
    fn endpoint(&self) -> Endpoint;

    /// Waits for the next stream.
    ///
    /// # Cancel safety
    ///
    /// No stream is lost if the future is dropped.
    fn accept(&mut self) -> Incoming<'_>;
}

/// The next byte stream that somebody dials.
pub type Incoming<'l> = BoxFuture<'l, io::Result<Box<dyn ByteStream>>>;

#[cfg(feature = "tls")]
pub use tls::{Certificates, CertificatesError};
#[cfg(feature = "server")]
pub(crate) use tls::{file_error, read_all};

/// Returns the text of an error, in the words of certificates if it is about those.
pub(crate) fn text_of(error: &(dyn std::error::Error + 'static)) -> String {
    #[cfg(feature = "tls")]
    if let Some(text) = tls::explain(error) {
        return text;
    }
    error.to_string()
}

/// Returns TLS with these certificates.
#[cfg(feature = "tls")]
pub(crate) fn tls(certificates: Certificates, looking: Duration) -> Arc<dyn Transport> {
    Arc::new(tls::Tls { certificates, looking })
}

/// Returns the transports that every node has. A simulated one has no sockets, whose bytes would
/// come when they like.
pub(crate) fn built_in(door: &Door, looking: Duration) -> Vec<Arc<dyn Transport>> {
    let local: Arc<dyn Transport> = Arc::new(local::Local::of(door));
    match door.world() {
        Some(_) => vec![local],
        None => [sockets(looking), vec![local]].concat(),
    }
}

/// Returns the transports over sockets, which need no node, and whose readers look for so long
/// before they sleep.
pub(crate) fn sockets(looking: Duration) -> Vec<Arc<dyn Transport>> {
    vec![Arc::new(tcp::Tcp { looking }), Arc::new(unix::Unix { looking })]
}
