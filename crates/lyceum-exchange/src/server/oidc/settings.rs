//! Whose tokens count, and what they allow.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use thiserror::Error;

use crate::CertificatesError;
use crate::server::{Rights, Which};

/// An issuer, and how its tokens are understood.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens name it.
    pub issuer: String,
    /// Whom a token must be for: this server's name at the issuer.
    pub audience: String,
    /// Where the keys are; where the issuer's own description says so, unless it is set.
    pub keys: Option<String>,
    /// An authority's certificate, as a PEM file, that has signed the issuer's; those that the
    /// system believes unless it is set.
    pub authority: Option<PathBuf>,
    /// The claim with the groups, a list of texts.
    pub groups: String,
    /// What a token may that says nothing of it. A token says so by scopes: `lyceum:read`,
    /// `lyceum:write` and `lyceum:administer`, each also with `:all` or `:` and a mailbox's id.
    pub without_scopes: Rights,
    /// How far the issuer's clock and this one may be apart.
    pub skew: Duration,
    /// After this time the keys are fetched again.
    pub refresh: Duration,
    /// For so long the keys are used when they cannot be fetched again.
    pub keep: Duration,
    /// Attempts to fetch keys are at least so far apart.
    pub pause: Duration,
}

/// Says why an issuer cannot be believed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OidcError {
    /// An address is none, or can be changed on its way.
    #[error("cannot use `{url}`: expected an address with https, or with http on this machine")]
    Address {
        /// The address.
        url: String,
    },
    /// Tokens for anybody would count.
    #[error("cannot believe an issuer without an audience: its tokens may be for other servers")]
    NoAudience,
    /// The certificates of authorities cannot be read.
    #[error("cannot use the authority of the issuer")]
    Authority(#[source] CertificatesError),
    /// The keys cannot be fetched.
    #[error("cannot ask `{url}`")]
    Ask {
        /// What was asked for.
        url: String,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// What came is not what was asked for.
    #[error("cannot use what `{url}` says: {what}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        what: String,
    },
}

impl OidcSettings {
    /// Believes an issuer's tokens that are for somebody: this server.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            keys: None,
            authority: None,
            groups: "groups".to_owned(),
            without_scopes: Rights {
                read: Which::None,
                write: Which::None,
                administer: Which::None,
            },
            skew: Duration::from_secs(60),
            refresh: Duration::from_secs(3_600),
            keep: Duration::from_secs(24 * 3_600),
            pause: Duration::from_secs(10),
        }
    }

    pub(super) fn check(&self) -> Result<(), OidcError> {
        if self.audience.is_empty() {
            return Err(OidcError::NoAudience);
        }
        address(&self.issuer)?;
        self.keys.as_deref().map(address).transpose().map(drop)
    }
}

/// Reads an address from which keys may come.
pub(super) fn address(url: &str) -> Result<Uri, OidcError> {
    let wrong = || OidcError::Address { url: url.to_owned() };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    let is_own = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_own => Ok(uri),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_by_https_or_from_this_machine() {
        for good in ["https://login.example.org/realm", "http://127.0.0.1:80/x", "http://[::1]:9"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for wrong in ["", "login", "http://login.example.org", "ftp://localhost", "file:///etc"] {
            assert!(matches!(address(wrong), Err(OidcError::Address { .. })), "{wrong}");
        }
        let nobody = OidcSettings::new("https://login.example.org", "");
        assert!(matches!(nobody.check(), Err(OidcError::NoAudience)));
    }
}
