//! What a server proves itself with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::CertificatesError;
use crate::transport::{file_error, read_all};

/// A server's certificate and key, read from files, and read again when they were renewed.
///
/// ```no_run
/// use lyceum_exchange::server::ServerCertificate;
///
/// let certificate = ServerCertificate::from_files("host.certificate.pem", "host.key.pem", None)?;
/// // Later, when the files are new ones:
/// certificate.reload()?;
/// # Ok::<(), lyceum_exchange::CertificatesError>(())
/// ```
pub struct ServerCertificate {
    certificate: PathBuf,
    key: PathBuf,
    clients: Option<PathBuf>,
    current: Mutex<Arc<ServerConfig>>,
}

impl ServerCertificate {
    /// Reads a certificate, with those that lead to its authority, and its key, as PEM files.
    ///
    /// If `clients` names an authority's certificate, only clients get in that show one which it
    /// has signed; what they may do is still said by their tokens.
    ///
    /// # Errors
    ///
    /// Says which file cannot be read, or what does not fit together.
    pub fn from_files(
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
        clients: Option<&Path>,
    ) -> Result<Self, CertificatesError> {
        let (certificate, key) = (certificate.as_ref().to_owned(), key.as_ref().to_owned());
        let current = Mutex::new(read(&certificate, &key, clients)?);
        Ok(Self { certificate, key, clients: clients.map(Path::to_owned), current })
    }

    /// Reads the files again. Connections that are open go on as they are.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the files; what was read before is kept then.
    pub fn reload(&self) -> Result<(), CertificatesError> {
        let new = read(&self.certificate, &self.key, self.clients.as_deref())?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone().into()
    }
}

fn read(
    certificate: &Path,
    key: &Path,
    clients: Option<&Path>,
) -> Result<Arc<ServerConfig>, CertificatesError> {
    let unfit = |error: &dyn fmt::Display| CertificatesError::Unfit(error.to_string());
    let chain = read_all("the server's certificate", certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|cause| file_error("the server's key", key, cause))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(&error))?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            for root in read_all("the clients' authority", authority)? {
                roots.add(root).map_err(|error| unfit(&error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(|error| unfit(&error))?)
        }
    };
    let mut config = builder.with_single_cert(chain, secret).map_err(|error| unfit(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificate").field("certificate", &self.certificate).finish()
    }
}
