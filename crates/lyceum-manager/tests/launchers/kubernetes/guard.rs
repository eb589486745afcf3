//! What stands before an API server: certificates and tokens.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Certificates of an authority that only lives in a test, and a token.
pub(crate) struct Guard {
    acceptor: TlsAcceptor,
    authority: String,
    token: &'static str,
}

/// A listener that speaks TLS.
pub(crate) struct Guarded {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Guard {
    pub(crate) fn new(token: &'static str) -> Self {
        let key = || KeyPair::generate().expect("there is chance");
        let mut params = CertificateParams::new(Vec::new()).expect("they are names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, key()).expect("it is complete");
        let own = key();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("it is a name");
        let certificate = params.signed_by(&own, &authority).expect("it is complete");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("it has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("they fit");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self { acceptor, authority: authority.pem(), token }
    }

    /// Returns a configuration of kubectl's that is let in with the right token.
    pub(crate) fn configuration(&self, token: &str) -> String {
        let authority = STANDARD.encode(&self.authority);
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: one\n\
             contexts: [{{ name: one, context: {{ cluster: c, user: u }} }}]\n\
             clusters:\n- name: c\n  cluster:\n    server: <URL>\n    \
             certificate-authority-data: {authority}\n\
             users: [{{ name: u, user: {{ token: {token} }} }}]\n"
        )
    }

    /// Lets only those in who show the token.
    pub(super) fn before(&self, routes: Router) -> Router {
        let expected = format!("Bearer {}", self.token);
        routes.layer(from_fn(move |request: Request, next: Next| {
            let shown = request.headers().get(AUTHORIZATION);
            let is_right = shown.is_some_and(|shown| shown.as_bytes() == expected.as_bytes());
            async move { if is_right { next.run(request).await } else { refused() } }
        }))
    }

    pub(super) fn listen(self, listener: TcpListener) -> Guarded {
        Guarded { listener, acceptor: self.acceptor }
    }
}

fn refused() -> Response {
    let status = serde_json::json!({ "kind": "Status", "message": "who are you" });
    (StatusCode::UNAUTHORIZED, axum::Json(status)).into_response()
}

impl Listener for Guarded {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            // Who does not believe the certificate goes away.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
