//! Connections to a server, with TLS or without.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::DepotError;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(15);

/// Dials a server.
#[derive(Clone)]
pub(super) struct Connector {
    /// What is believed of servers with TLS; none where there is no TLS.
    tls: Option<TlsConnector>,
}

/// Bytes in both directions.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

/// A connection to the server.
type Stream = TokioIo<Box<dyn Bytes>>;

impl Connector {
    /// Dials a server that is believed without proof.
    pub(super) fn plain() -> Self {
        Self { tls: None }
    }

    /// Dials a server that an authority has signed: that of the file, or one of the system's.
    ///
    /// # Errors
    ///
    /// Says which file cannot be used, or that the system believes none.
    pub(super) fn encrypted(authority: Option<&Path>) -> Result<Self, DepotError> {
        let place = authority.map_or("the system".into(), |file| file.display().to_string());
        let unfit = |why: String| DepotError::Authority { place: place.clone(), why };
        let certificates = match authority {
            Some(file) => CertificateDer::pem_file_iter(file)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| unfit(error.to_string()))?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let added = roots.add(certificate);
            // One of the system's that cannot be read is no reason to believe none of the others.
            if authority.is_some() {
                added.map_err(|error| unfit(error.to_string()))?;
            }
        }
        if roots.is_empty() {
            return Err(unfit("there is none".into()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unfit(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Some(TlsConnector::from(Arc::new(config))) })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Stream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialing = dial(self.tls.clone(), uri);
        Box::pin(async move {
            let stream = timeout(PATIENCE, dialing).await;
            let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            Ok(TokioIo::new(stream))
        })
    }
}

async fn dial(tls: Option<TlsConnector>, uri: Uri) -> io::Result<Box<dyn Bytes>> {
    let host = uri.host().ok_or(io::ErrorKind::InvalidInput)?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let stream = TcpStream::connect((name, port)).await?;
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(name.to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Box::new(tls.connect(name, stream).await?))
}

// Which is enough: `TokioIo` has the rest for whatever bytes.
impl Connection for Box<dyn Bytes> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
