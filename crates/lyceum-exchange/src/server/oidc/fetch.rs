//! Asking an issuer for its keys.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::keys::{Key, Published};
use super::settings::address;
use crate::CertificatesError;
use crate::server::{OidcError, OidcSettings};
use crate::transport::read_all;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of one answer.
const LONGEST: usize = 256 << 10;

/// Where every issuer describes itself.
const DESCRIPTION: &str = "/.well-known/openid-configuration";

/// Asks issuers.
pub(super) struct Fetcher {
    tls: Arc<ClientConfig>,
}

/// What an issuer says of itself.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    pub(super) fn new(authority: Option<&Path>) -> Result<Self, OidcError> {
        let roots = roots(authority).map_err(OidcError::Authority)?;
        let unfit = |error: rustls::Error| {
            OidcError::Authority(CertificatesError::Unfit(error.to_string()))
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls) })
    }

    /// Returns the issuer's keys of now.
    pub(super) async fn keys(&self, settings: &OidcSettings) -> Result<Vec<Key>, OidcError> {
        let url = match &settings.keys {
            Some(url) => url.clone(),
            None => self.described(&settings.issuer).await?,
        };
        let published: Published = self.get(&url).await?;
        let keys = published.usable();
        if keys.is_empty() {
            return Err(OidcError::Answer { url, what: "there is no key to use".to_owned() });
        }
        Ok(keys)
    }

    async fn described(&self, issuer: &str) -> Result<String, OidcError> {
        let url = format!("{}{DESCRIPTION}", issuer.trim_end_matches('/'));
        let description: Description = self.get(&url).await?;
        if description.issuer != issuer {
            let what = format!("it is of the issuer `{}`", description.issuer);
            return Err(OidcError::Answer { url, what });
        }
        Ok(description.jwks_uri)
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, OidcError> {
        let uri = address(url)?;
        let asked = timeout(PATIENCE, self.ask(&uri)).await;
        let answer = asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let bytes = answer.map_err(|source| OidcError::Ask { url: url.to_owned(), source })?;
        serde_json::from_slice(&bytes)
            .map_err(|error| OidcError::Answer { url: url.to_owned(), what: error.to_string() })
    }

    async fn ask(&self, uri: &Uri) -> io::Result<Bytes> {
        let host = uri.host().ok_or(io::ErrorKind::InvalidInput)?;
        let is_secret = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_secret { 443 } else { 80 });
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((name, port)).await?;
        if !is_secret {
            return request(stream, uri).await;
        }
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(self.tls.clone());
        request(connector.connect(name, stream).await?, uri).await
    }
}

/// Makes one request, and returns the body of an answer that is a success.
async fn request<S>(stream: S, uri: &Uri) -> io::Result<Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let authority = uri.authority().ok_or(io::ErrorKind::InvalidInput)?.as_str();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, authority)
        .header(header::ACCEPT, "application/json")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        if !status.is_success() {
            return Err(io::Error::other(format!("it answers {status}")));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        Ok(body.map_err(io::Error::other)?.to_bytes())
    };
    // The answer's end may be read after the connection's.
    let driving = connection.then(|_ended| futures_util::future::pending::<()>());
    tokio::select! {
        answer = asking => answer,
        () = driving => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// Returns whom to believe: one authority, or those that the system does.
fn roots(authority: Option<&Path>) -> Result<RootCertStore, CertificatesError> {
    let mut roots = RootCertStore::empty();
    match authority {
        Some(file) => {
            for root in read_all("the issuer's authority", file)? {
                let added = roots.add(root);
                added.map_err(|error| CertificatesError::Unfit(error.to_string()))?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            for error in &system.errors {
                tracing::debug!(%error, "a certificate of the system cannot be read");
            }
            roots.add_parsable_certificates(system.certs);
        }
    }
    Ok(roots)
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetcher")
    }
}
