//! Tokens of an OpenID Connect issuer: signed claims, checked with the keys that it publishes.

mod claims;
mod fetch;
mod keys;
mod settings;

use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jsonwebtoken::{Algorithm, Validation};

use crate::mailbox::Moment;
use crate::server::{AuthenticateError, Authenticator, Principal};
use claims::{Claims, Head};
use fetch::Fetcher;
use keys::{Key, Keys};
pub use settings::{OidcError, OidcSettings};

/// Bytes of a token: more are no token.
const LONGEST: usize = 16 << 10;

/// What may sign a token. An algorithm with a shared secret is not among them: with it, whoever
/// knows the public key could sign.
const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// Says who a request is from by tokens of an issuer.
///
/// Its keys are fetched when they are first needed, kept, and fetched again when a token names one
/// that is not among them, or after a while. Who holds a token owns mailboxes by the name
/// `ISSUER#SUBJECT`.
///
/// ```
/// use lyceum_exchange::server::{Oidc, OidcSettings};
///
/// let settings = OidcSettings::new("https://login.example.org", "lyceum");
/// let oidc = Oidc::new(settings)?;
/// # Ok::<(), lyceum_exchange::server::OidcError>(())
/// ```
#[derive(Debug)]
pub struct Oidc {
    settings: OidcSettings,
    fetcher: Fetcher,
    keys: Mutex<Keys>,
    /// Held by who fetches keys, so that one does at a time.
    fetching: tokio::sync::Mutex<()>,
}

impl Oidc {
    /// Believes an issuer. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the settings.
    pub fn new(settings: OidcSettings) -> Result<Self, OidcError> {
        settings.check()?;
        let fetcher = Fetcher::new(settings.authority.as_deref())?;
        Ok(Self {
            settings,
            fetcher,
            keys: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    async fn check(&self, bearer: &str, now: Moment) -> Result<Principal, AuthenticateError> {
        if bearer.len() > LONGEST {
            return Err(AuthenticateError::Malformed);
        }
        let head = Head::read(bearer).ok_or(AuthenticateError::Malformed)?;
        // What must be understood to be believed is not understood here.
        let known = ALGORITHMS.iter().find(|(name, _)| *name == head.alg && head.crit.is_none());
        let (name, algorithm) = *known.ok_or(AuthenticateError::Inactive)?;
        let key = self.key(&head, name, now).await?;
        let claims = verified(bearer, &key, algorithm).ok_or(AuthenticateError::Inactive)?;
        claims.principal(&self.settings, now).ok_or(AuthenticateError::Inactive)
    }

    /// Returns the key that a token names, if it is one for that algorithm.
    async fn key(
        &self,
        head: &Head,
        algorithm: &str,
        now: Moment,
    ) -> Result<Key, AuthenticateError> {
        let find = |keys: &Keys| keys.find(head.kid.as_deref(), algorithm);
        let known = {
            let keys = self.keys();
            let known = find(&keys).filter(|_| keys.are_usable(now, &self.settings));
            if known.is_some() && keys.are_fresh(now, &self.settings) {
                return known.ok_or(AuthenticateError::Inactive);
            }
            known
        };
        // Who has a key that is known, if not fresh, does not wait while somebody else fetches.
        let _one_at_a_time = match (self.fetching.try_lock(), known) {
            (Ok(guard), _) => guard,
            (Err(_), Some(known)) => return Ok(known),
            (Err(_), None) => self.fetching.lock().await,
        };
        if self.keys().may_fetch(now, &self.settings) {
            self.fetch(now).await;
        }
        let keys = self.keys();
        if !keys.are_usable(now, &self.settings) {
            return Err(AuthenticateError::Unavailable);
        }
        find(&keys).ok_or(AuthenticateError::Inactive)
    }

    async fn fetch(&self, now: Moment) {
        match self.fetcher.keys(&self.settings).await {
            Ok(fetched) => self.keys().replace(fetched, now),
            Err(error) => {
                let (issuer, error) = (&self.settings.issuer, &error as &dyn std::error::Error);
                tracing::warn!(issuer, error, "cannot fetch the keys of the issuer");
            }
        }
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the claims of a token, if that key has signed them.
fn verified(bearer: &str, key: &Key, algorithm: Algorithm) -> Option<Claims> {
    let mut validation = Validation::new(algorithm);
    // Claims are checked by the clock that everything here goes by.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    Some(jsonwebtoken::decode::<Claims>(bearer, &key.verifier, &validation).ok()?.claims)
}

impl Authenticator for Oidc {
    fn authenticate<'a>(
        &'a self,
        bearer: &'a str,
        now: Moment,
    ) -> BoxFuture<'a, Result<Principal, AuthenticateError>> {
        self.check(bearer, now).boxed()
    }
}
