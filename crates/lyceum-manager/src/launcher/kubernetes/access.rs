//! Where an API server is, and how to prove oneself to it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Where a pod finds what it needs to reach the API server.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Where an API server is, and how to prove oneself to it.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) host: String,
    pub(super) port: u16,
    /// What all paths begin with, without a slash at its end.
    pub(super) prefix: String,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// The name that the server's certificate has; its host unless set.
    pub(super) server_name: Option<String>,
    pub(super) token: Option<Token>,
    pub(super) namespace: String,
}

/// A secret that proves who we are.
#[derive(Clone)]
pub(super) enum Token {
    Fixed(String),
    /// Read for each request: it is renewed now and then.
    File(PathBuf),
}

impl Access {
    /// Reaches the API server of the cluster in which this program runs.
    pub(super) fn in_cluster() -> io::Result<Self> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| {
                wrong(format!("cannot find the cluster: {name} is not set, which every pod has"))
            })
        };
        let host = variable("KUBERNETES_SERVICE_HOST")?;
        let port = variable("KUBERNETES_SERVICE_PORT")?;
        let folder = PathBuf::from(SERVICE_ACCOUNT);
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot read `{}`: {error}", file.display()))
            })
        };
        let namespace = String::from_utf8_lossy(&read("namespace")?).trim().to_owned();
        Ok(Self {
            host,
            port: port.parse().map_err(|_| wrong(format!("`{port}` is no port")))?,
            prefix: String::new(),
            tls: Some(tls(&read("ca.crt")?, None)?),
            server_name: None,
            token: Some(Token::File(folder.join("token"))),
            namespace,
        })
    }

    /// Reaches the API server at a URL without further proof.
    pub(super) fn at(url: &str) -> io::Result<Self> {
        let access = Self::of(url)?;
        if access.tls_is_wanted(url) {
            let text = format!("cannot use `{url}`: without a configuration there is no TLS");
            return Err(wrong(text));
        }
        let host = access.host.trim_matches(['[', ']']);
        let is_near = host == "localhost"
            || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        if !is_near {
            let text = format!("cannot use `{url}`: beyond this machine it has to be TLS");
            return Err(wrong(text));
        }
        Ok(access)
    }

    /// Reads a URL.
    pub(super) fn of(url: &str) -> io::Result<Self> {
        let form = || wrong(format!("cannot use `{url}`: expected a URL, as in https://HOST:6443"));
        let (scheme, rest) = url.split_once("://").ok_or_else(form)?;
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(form()),
        };
        let (place, prefix) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| form())?),
            _ => (place, usual),
        };
        if host.is_empty() || host.contains(['@', ' ']) {
            return Err(form());
        }
        Ok(Self {
            host: host.into(),
            port,
            prefix: prefix.trim_end_matches('/').into(),
            tls: None,
            server_name: None,
            token: None,
            namespace: "default".into(),
        })
    }

    /// Returns whether a URL asks for TLS.
    pub(super) fn tls_is_wanted(&self, url: &str) -> bool {
        url.starts_with("https://")
    }
}

/// Makes what believes certificates of these authorities, and shows one itself, if it has one with
/// its key; all as PEM.
pub(super) fn tls(
    authorities: &[u8],
    own: Option<(&[u8], &[u8])>,
) -> io::Result<Arc<ClientConfig>> {
    let unfit = |error: &dyn fmt::Display| wrong(format!("cannot use the certificates: {error}"));
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities) {
        roots.add(authority.map_err(|error| unfit(&error))?).map_err(|error| unfit(&error))?;
    }
    if roots.is_empty() {
        return Err(unfit(&"there is none of the server's authority"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unfit(&error))?
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
            let chain = chain.map_err(|error| unfit(&error))?;
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unfit(&error))?;
            config.with_client_auth_cert(chain, key).map_err(|error| unfit(&error))?
        }
    };
    Ok(Arc::new(config))
}

/// Says that what a user gave cannot be used.
pub(super) fn wrong(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Shows no secret.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Access({}:{}, namespace {})", self.host, self.port, self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let place = |url: &str| {
            let access = Access::of(url).unwrap();
            (access.host, access.port, access.prefix)
        };
        let expected = ("10.0.0.1".to_owned(), 6443, String::new());
        assert_eq!(place("https://10.0.0.1:6443"), expected);
        assert_eq!(place("https://[::1]/k8s/c-1/"), ("[::1]".into(), 443, "/k8s/c-1".into()));
        for bad in ["10.0.0.1", "ftp://x", "http://", "http://a:b", "https://u@h"] {
            let error = Access::of(bad).unwrap_err().to_string();
            assert!(error.contains("expected a URL"), "{error}");
        }
    }

    #[test]
    fn nothing_is_told_to_strangers_in_clear() {
        assert!(Access::at("http://127.0.0.1:8001").is_ok());
        let error = Access::at("http://10.0.0.1:8001").unwrap_err().to_string();
        assert!(error.contains("it has to be TLS"), "{error}");
        let error = Access::at("https://10.0.0.1:6443").unwrap_err().to_string();
        assert!(error.contains("without a configuration"), "{error}");
    }
}
