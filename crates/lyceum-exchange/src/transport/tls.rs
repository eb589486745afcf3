//! TLS over TCP, with certificates on both sides.

mod mistrust;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::Endpoint;
pub(crate) use mistrust::explain;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::attentive::Attentive;
use super::tcp::{bound, host, prompt};
use super::{ByteStream, Incoming, Transport, TransportListener};

/// What a node proves itself with, and whom it believes: for `tls://HOST:PORT`.
///
/// Both sides show a certificate that the same authority signed; the one that dials checks the
/// host name, too. `lyceum certs` makes a working set.
#[derive(Clone)]
pub struct Certificates {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

/// Says why certificates cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertificatesError {
    /// A file cannot be read as PEM.
    #[error("cannot read {what} from `{file}`: {cause}")]
    File {
        /// What it is to have.
        what: &'static str,
        /// The file.
        file: String,
        /// What is wrong.
        cause: rustls::pki_types::pem::Error,
    },
    /// They do not fit together.
    #[error("cannot use the certificates: {0}")]
    Unfit(String),
}

impl Certificates {
    /// Reads certificates: the authority's, this node's, and this node's key, as PEM files.
    ///
    /// # Errors
    ///
    /// Says which file cannot be read, or what does not fit together.
    pub fn from_files(
        authority: impl AsRef<Path>,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, CertificatesError> {
        let roots = read_all("the authority's certificate", authority.as_ref())?;
        let chain = read_all("the node's certificate", certificate.as_ref())?;
        let key = PrivateKeyDer::from_pem_file(key.as_ref())
            .map_err(|cause| file_error("the node's key", key.as_ref(), cause))?;
        Self::new(roots, chain, key)
    }

    fn new(
        authority: Vec<CertificateDer<'static>>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, CertificatesError> {
        let unfit = |error: &dyn fmt::Display| CertificatesError::Unfit(error.to_string());
        let mut roots = RootCertStore::empty();
        for certificate in authority {
            roots.add(certificate).map_err(|error| unfit(&error))?;
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone())
            .build()
            .map_err(|error| unfit(&error))?;
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| unfit(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(|error| unfit(&error))?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unfit(&error))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|error| unfit(&error))?;
        Ok(Self { client: Arc::new(client), server: Arc::new(server) })
    }
}

pub(crate) fn read_all(
    what: &'static str,
    file: &Path,
) -> Result<Vec<CertificateDer<'static>>, CertificatesError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<_, _>>);
    let all: Vec<_> = read.map_err(|cause| file_error(what, file, cause))?;
    if all.is_empty() {
        return Err(file_error(what, file, rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(all)
}

pub(crate) fn file_error(
    what: &'static str,
    file: &Path,
    cause: rustls::pki_types::pem::Error,
) -> CertificatesError {
    CertificatesError::File { what, file: file.display().to_string(), cause }
}

/// `tls://HOST:PORT`.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) certificates: Certificates,
    pub(super) looking: Duration,
}

struct Listening {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    looking: Duration,
    endpoint: Endpoint,
}

impl Transport for Tls {
    fn scheme(&self) -> &'static str {
        "tls"
    }

    fn dial(&self, endpoint: Endpoint) -> BoxFuture<'static, io::Result<Box<dyn ByteStream>>> {
        let connector = TlsConnector::from(self.certificates.client.clone());
        let looking = self.looking;
        async move {
            let name = ServerName::try_from(host(&endpoint).to_owned())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            let stream = prompt(TcpStream::connect(endpoint.location()).await?, looking)?;
            let stream = connector.connect(name, stream).await?;
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        }
        .boxed()
    }

    fn listen(
        &self,
        endpoint: Endpoint,
    ) -> BoxFuture<'static, io::Result<Box<dyn TransportListener>>> {
        let acceptor = TlsAcceptor::from(self.certificates.server.clone());
        let looking = self.looking;
        async move {
            let listener = TcpListener::bind(endpoint.location()).await?;
            let endpoint = bound(&endpoint, &listener)?;
            Ok(Box::new(Listening { listener, acceptor, looking, endpoint })
                as Box<dyn TransportListener>)
        }
        .boxed()
    }

    /// Strangers have no certificate.
    fn is_private(&self, _: &Endpoint) -> bool {
        true
    }
}

impl TransportListener for Listening {
    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn accept(&mut self) -> Incoming<'_> {
        async {
            let (stream, _) = self.listener.accept().await?;
            let accepting = self.acceptor.accept(prompt(stream, self.looking)?);
            let greeting = Greeting { accepting: Some(accepting), stream: None };
            Ok(Box::new(greeting) as Box<dyn ByteStream>)
        }
        .boxed()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

/// A stream whose TLS handshake goes on as it is first read or written, so that one slow stranger
/// does not keep others waiting.
struct Greeting {
    accepting: Option<tokio_rustls::Accept<Attentive<TcpStream>>>,
    stream: Option<tokio_rustls::server::TlsStream<Attentive<TcpStream>>>,
}

mod greeting {
    //! Reading and writing through a handshake.

    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::net::TcpStream;
    use tokio_rustls::server::TlsStream;

    use super::{Attentive, Greeting};

    impl Greeting {
        fn poll_stream(
            &mut self,
            cx: &mut Context<'_>,
        ) -> Poll<io::Result<Pin<&mut TlsStream<Attentive<TcpStream>>>>> {
            if let Some(accepting) = &mut self.accepting {
                let stream = ready!(Future::poll(Pin::new(accepting), cx))?;
                self.accepting = None;
                self.stream = Some(stream);
            }
            Poll::Ready(match &mut self.stream {
                Some(stream) => Ok(Pin::new(stream)),
                None => Err(io::ErrorKind::NotConnected.into()),
            })
        }
    }

    impl AsyncRead for Greeting {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            ready!(self.poll_stream(cx))?.poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Greeting {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            ready!(self.poll_stream(cx))?.poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            ready!(self.poll_stream(cx))?.poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            ready!(self.poll_stream(cx))?.poll_shutdown(cx)
        }
    }
}
