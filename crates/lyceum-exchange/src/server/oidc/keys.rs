//! The keys of an issuer, and how long they are believed.

use std::fmt;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Value;

use crate::mailbox::Moment;
use crate::server::OidcSettings;

/// Keys of one issuer. More are not kept.
const MOST: usize = 64;

/// A public key.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<String>,
    pub(super) verifier: DecodingKey,
}

/// What an issuer publishes.
#[derive(Deserialize)]
pub(super) struct Published {
    keys: Vec<Value>,
}

/// What was fetched, and when.
#[derive(Debug, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    fetched: Option<Moment>,
    tried: Option<Moment>,
}

impl Published {
    /// Returns the keys that signatures can be checked with. Those of unknown kinds are left out.
    pub(super) fn usable(self) -> Vec<Key> {
        self.keys.into_iter().filter_map(Key::read).take(MOST).collect()
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let is_secret = text("kty")? == "oct";
        if is_secret || text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let (id, algorithm) = (text("kid"), text("alg"));
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        Some(Self { id, algorithm, verifier: DecodingKey::from_jwk(&jwk).ok()? })
    }

    fn is_for(&self, algorithm: &str) -> bool {
        self.algorithm.as_deref().is_none_or(|own| own == algorithm)
    }
}

impl Keys {
    /// Returns the key of that id, for that algorithm. Without an id there must be one key alone.
    pub(super) fn find(&self, id: Option<&str>, algorithm: &str) -> Option<Key> {
        let key = match id {
            Some(id) => self.keys.iter().find(|key| key.id.as_deref() == Some(id))?,
            None => match self.keys.as_slice() {
                [only] => only,
                _ => return None,
            },
        };
        key.is_for(algorithm).then(|| key.clone())
    }

    /// Returns whether they need not be fetched again.
    pub(super) fn are_fresh(&self, now: Moment, settings: &OidcSettings) -> bool {
        self.fetched.is_some_and(|fetched| now.since(fetched) < settings.refresh)
    }

    /// Returns whether they count, fresh or not.
    pub(super) fn are_usable(&self, now: Moment, settings: &OidcSettings) -> bool {
        self.fetched.is_some_and(|fetched| now.since(fetched) < settings.keep)
    }

    /// Returns whether it is time for an attempt to fetch them, and notes that one is made.
    pub(super) fn may_fetch(&mut self, now: Moment, settings: &OidcSettings) -> bool {
        let may = self.tried.is_none_or(|tried| now.since(tried) >= settings.pause);
        if may {
            self.tried = Some(now);
        }
        may
    }

    pub(super) fn replace(&mut self, keys: Vec<Key>, now: Moment) {
        self.keys = keys;
        self.fetched = Some(now);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}
