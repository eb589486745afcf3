//! Requests to a server, for commands that make one and end.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::trouble::Trouble;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest answer that is read.
const LONGEST: u64 = 64 << 20;

/// Which server, and in whose name.
///
/// A token that administers the mailboxes comes from the environment, as `LYCEUM_EXCHANGE_TOKEN`,
/// or from a file: what stands on a command line is seen by others on this machine. For a Redis it
/// is USER:PASSWORD, or a password alone.
#[derive(Args)]
pub(crate) struct Target {
    /// The server; a Redis is redis://HOST:PORT, or hybrid://HOST:PORT for that exchange
    #[arg(long, env = "LYCEUM_EXCHANGE_URL", default_value = "http://127.0.0.1:8700")]
    pub(super) url: String,
    /// A file with a token that administers the mailboxes; that in LYCEUM_EXCHANGE_TOKEN otherwise
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The authority that signed the server's certificate; a file in PEM [default: the system's]
    #[arg(long, env = "LYCEUM_EXCHANGE_AUTHORITY", value_name = "FILE")]
    authority: Option<PathBuf>,
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

impl Target {
    /// Returns whether the server is a Redis.
    pub(crate) fn is_redis(&self) -> bool {
        let scheme = self.url.split_once("://").map_or("", |(scheme, _)| scheme);
        // Those over TLS are told apart later.
        scheme.starts_with("redis") || scheme.starts_with("hybrid")
    }

    /// Makes a request and returns the text of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str) -> lyceum::Result<String> {
        let url = self.url.trim_end_matches('/');
        let (host, is_secret) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(host), _) => (host, false),
            (_, Some(host)) => (host, true),
            _ => {
                return Err(
                    Trouble(format!("`{url}` begins with neither http:// nor https://")).into()
                );
            }
        };
        let failed = |error| Trouble(format!("cannot reach {url}: {error}"));
        let mut stream = self.connect(host, is_secret)?;
        let token = match self.token()? {
            Some(token) => format!("authorization: Bearer {token}\r\n"),
            None => String::new(),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: 0\r\n{token}\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer).map_err(failed)?;
        let (head, text) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| Trouble("the answer is not whole".to_owned()))?;
        match head.split(' ').nth(1) {
            Some("200") => Ok(text.to_owned()),
            status => {
                let status = status.unwrap_or("no status");
                Err(Trouble(format!("{} ({status})", text.trim())).into())
            }
        }
    }

    pub(super) fn token(&self) -> Result<Option<String>, Trouble> {
        let token = match &self.token_file {
            None => std::env::var("LYCEUM_EXCHANGE_TOKEN").ok(),
            Some(file) => {
                let shown = file.display();
                let read = std::fs::read_to_string(file);
                Some(read.map_err(|error| Trouble(format!("cannot read {shown}: {error}")))?)
            }
        };
        let token = token.map(|token| token.trim().to_owned());
        match token {
            Some(token) if token.contains(char::is_whitespace) => {
                Err(Trouble("what is given is more than a token".to_owned()))
            }
            token => Ok(token.filter(|token| !token.is_empty())),
        }
    }

    fn connect(&self, host: &str, is_secret: bool) -> lyceum::Result<Box<dyn Stream>> {
        let failed = |error| Trouble(format!("cannot reach {}: {error}", self.url));
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (name, port.parse().map_err(|_| Trouble(format!("`{port}` is no port")))?)
            }
            _ => (host, if is_secret { 443 } else { 80 }),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let address = (name, port).to_socket_addrs().map_err(failed)?.next();
        let address = address.ok_or_else(|| Trouble(format!("`{host}` is no address")))?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        if !is_secret {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(name.to_owned())?;
        Ok(Box::new(StreamOwned::new(ClientConnection::new(self.trust()?, name)?, stream)))
    }

    /// Returns whose certificates are believed.
    fn trust(&self) -> lyceum::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        match &self.authority {
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Some(file) => {
                for certificate in CertificateDer::pem_file_iter(file)? {
                    roots.add(certificate?)?;
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
