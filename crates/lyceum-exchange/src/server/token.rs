//! Bearer tokens in a file, of which only check sums are kept.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::mailbox::Moment;
use crate::server::{AuthenticateError, Authenticator, Principal, Rights};

/// What every token begins with.
const PREFIX: &str = "lyc";

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Tokens in a file.
const MOST: usize = 100_000;

/// A token, without what makes it secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// By this it is revoked.
    pub id: String,
    /// Whose it is.
    pub subject: String,
    /// The groups that he is in.
    pub groups: BTreeSet<String>,
    /// What it allows.
    pub rights: Rights,
    /// When it was made.
    pub made: Moment,
    /// Until when it counts.
    pub expires: Option<Moment>,
    /// The SHA-256 of its secret, in hexadecimal digits.
    hash: String,
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it is.
    pub subject: String,
    /// The groups that he is in.
    pub groups: BTreeSet<String>,
    /// What it allows.
    pub rights: Rights,
    /// Until when it counts.
    pub expires: Option<Moment>,
}

/// The tokens of an exchange, in a file that the server and the command line share.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    tokens: Vec<Token>,
    stamp: Option<(SystemTime, u64)>,
    looked: Moment,
}

#[derive(Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    tokens: Vec<Token>,
}

/// Says why the file of tokens cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It cannot be read or written.
    #[error("cannot use the file of tokens {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It does not have the form that it should have.
    #[error("cannot understand the file of tokens {}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// There is no such token.
    #[error("there is no token {0}")]
    Unknown(String),
    /// A token belongs to somebody.
    #[error("a token needs a subject")]
    NoSubject,
    /// There are as many as there may be.
    #[error("there are {MOST} tokens already")]
    TooMany,
    /// There is no randomness.
    #[error("cannot draw a secret")]
    Random(#[source] rand::rand_core::OsError),
}

impl Tokens {
    /// Uses a file, which need not exist yet.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), read: Mutex::default() }
    }

    /// Returns all tokens.
    ///
    /// # Errors
    ///
    /// Says why the file cannot be used.
    pub fn list(&self) -> Result<Vec<Token>, TokenError> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(TokenError::Io { path: self.path.clone(), source }),
            Ok(bytes) => match serde_json::from_slice::<Content>(&bytes) {
                Ok(content) => Ok(content.tokens),
                Err(source) => Err(TokenError::Content { path: self.path.clone(), source }),
            },
        }
    }

    /// Makes a token and returns what is to be sent as the bearer; it is not kept anywhere.
    ///
    /// # Errors
    ///
    /// Says why the file cannot be used.
    pub fn make(&self, new: NewToken, now: Moment) -> Result<String, TokenError> {
        if new.subject.is_empty() {
            return Err(TokenError::NoSubject);
        }
        let (id, secret) = (random::<8>()?, random::<32>()?);
        let token = Token {
            id: id.clone(),
            subject: new.subject,
            groups: new.groups,
            rights: new.rights,
            made: now,
            expires: new.expires,
            hash: hash(&secret),
        };
        self.update(|tokens| {
            if tokens.len() >= MOST {
                return Err(TokenError::TooMany);
            }
            tokens.push(token);
            Ok(())
        })?;
        Ok(format!("{PREFIX}_{id}_{secret}"))
    }

    /// Revokes a token. A server notices within a second.
    ///
    /// # Errors
    ///
    /// Says that there is none, or why the file cannot be used.
    pub fn revoke(&self, id: &str) -> Result<(), TokenError> {
        self.update(|tokens| {
            let before = tokens.len();
            tokens.retain(|token| token.id != id);
            if tokens.len() == before { Err(TokenError::Unknown(id.into())) } else { Ok(()) }
        })
    }

    /// Changes the file as a whole; others see it before or after. Who comes meanwhile waits.
    fn update(
        &self,
        change: impl FnOnce(&mut Vec<Token>) -> Result<(), TokenError>,
    ) -> Result<(), TokenError> {
        let failed = |source| TokenError::Io { path: self.path.clone(), source };
        let lock = File::create(self.path.with_extension("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut tokens = self.list()?;
        change(&mut tokens)?;
        let content = serde_json::to_vec_pretty(&Content { version: 1, tokens })
            .expect("tokens have a form in JSON");
        self.replace(&content).map_err(failed)
    }

    fn replace(&self, content: &[u8]) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(new, &self.path)
    }

    /// Returns the token with that id, as the file has it by now.
    fn find(&self, id: &str, now: Moment) -> Option<Token> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.stamp.is_none() || now.since(read.looked) >= LOOK || now < read.looked {
            read.looked = now;
            let about = fs::metadata(&self.path);
            let stamp = about.and_then(|about| Ok((about.modified()?, about.len()))).ok();
            if stamp.is_none() || stamp != read.stamp {
                // A file that cannot be read lets nobody in.
                read.tokens = self.list().unwrap_or_default();
                read.stamp = stamp;
            }
        }
        read.tokens.iter().find(|token| token.id == id).cloned()
    }

    fn check(&self, bearer: &str, now: Moment) -> Result<Principal, AuthenticateError> {
        let mut parts = bearer.split('_');
        let (Some(PREFIX), Some(id), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthenticateError::Malformed);
        };
        let given = hash(secret);
        let token = self.find(id, now).ok_or(AuthenticateError::Inactive)?;
        // Hashes are compared, so that the time that it takes says nothing of the secret.
        let is_active = token.hash == given && token.expires.is_none_or(|end| now < end);
        if !is_active {
            return Err(AuthenticateError::Inactive);
        }
        Ok(Principal { subject: token.subject, groups: token.groups, rights: token.rights })
    }
}

impl Authenticator for Tokens {
    fn authenticate<'a>(
        &'a self,
        bearer: &'a str,
        now: Moment,
    ) -> BoxFuture<'a, Result<Principal, AuthenticateError>> {
        std::future::ready(self.check(bearer, now)).boxed()
    }
}

fn random<const BYTES: usize>() -> Result<String, TokenError> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(TokenError::Random)?;
    Ok(hex(&bytes))
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
