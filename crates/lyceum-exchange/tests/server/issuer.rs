//! A small OpenID Connect issuer with real keys.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lyceum_exchange::server::{Oidc, OidcSettings};
use rcgen::KeyPair;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the issuer says.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) keys: Value,
    /// Names another issuer in its description.
    pub(crate) is_another: bool,
    pub(crate) is_away: bool,
    /// How often it was asked for its keys.
    pub(crate) asked: usize,
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

/// A key that signs tokens.
pub(crate) struct Signer {
    pub(crate) id: &'static str,
    key: KeyPair,
}

impl Issuer {
    #[expect(clippy::disallowed_methods, reason = "dropping the issuer ends it")]
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (described, published, replaced) = (state.clone(), state.clone(), state.clone());
        let own = url.clone();
        let description = async move || {
            let issuer = if described.lock().unwrap().is_another {
                "https://other".into()
            } else {
                own.clone()
            };
            Json(json!({ "issuer": issuer, "jwks_uri": format!("{own}/keys") }))
        };
        let keys = async move || {
            let mut state = published.lock().unwrap();
            state.asked += 1;
            if state.is_away {
                return Err(StatusCode::BAD_GATEWAY);
            }
            Ok(Json(state.keys.clone()))
        };
        let replace = async move |Json(keys): Json<Value>| {
            replaced.lock().unwrap().keys = keys;
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys).put(replace));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { url, state, serving }
    }

    pub(crate) fn publish(&self, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
        self.state.lock().unwrap().keys = json!({ "keys": keys });
    }

    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    pub(crate) fn settings(&self) -> OidcSettings {
        OidcSettings::new(&self.url, "lyceum")
    }

    pub(crate) fn authenticator(&self) -> Arc<Oidc> {
        Arc::new(Oidc::new(self.settings()).unwrap())
    }

    /// Returns claims of somebody that count until the second 2,000.
    pub(crate) fn claims(&self, subject: &str) -> Value {
        json!({
            "iss": self.url, "sub": subject, "aud": "lyceum", "exp": 2_000,
            "scope": "lyceum:read lyceum:write lyceum:administer",
        })
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Signer {
    pub(crate) fn new(id: &'static str) -> Self {
        Self { id, key: KeyPair::generate().unwrap() }
    }

    /// Returns the public key as issuers publish it.
    pub(crate) fn public(&self) -> Value {
        let point = self.key.public_key_raw();
        let [x, y] = [&point[1..33], &point[33..65]].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": x, "y": y,
        })
    }

    pub(crate) fn point(&self) -> &[u8] {
        self.key.public_key_raw()
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.to_owned());
        self.sign_with(&header, claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        let key = EncodingKey::from_ec_der(&self.key.serialize_der());
        jsonwebtoken::encode(header, claims, &key).unwrap()
    }
}
