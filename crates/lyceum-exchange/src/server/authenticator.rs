//! Who a request is from.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;

use crate::mailbox::Moment;
use crate::server::Principal;

/// Says who a request is from, by its bearer token.
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// Returns who has the token.
    ///
    /// # Errors
    ///
    /// Says that nobody has it, or that it does not count any more.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any time.
    fn authenticate<'a>(
        &'a self,
        bearer: &'a str,
        now: Moment,
    ) -> BoxFuture<'a, Result<Principal, AuthenticateError>>;
}

/// Says why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// There is none, or it is not of the form that tokens have.
    #[error("missing or malformed bearer token")]
    Malformed,
    /// It is unknown, was revoked or has expired.
    #[error("token unknown, expired or revoked")]
    Inactive,
    /// It cannot be checked now; the client may try again.
    #[error("tokens cannot be checked now")]
    Unavailable,
}

/// Asks one after the other: the first decides that does not call the token malformed.
impl Authenticator for Vec<Arc<dyn Authenticator>> {
    fn authenticate<'a>(
        &'a self,
        bearer: &'a str,
        now: Moment,
    ) -> BoxFuture<'a, Result<Principal, AuthenticateError>> {
        async move {
            for authenticator in self {
                match authenticator.authenticate(bearer, now).await {
                    Err(AuthenticateError::Malformed) => {}
                    decided => return decided,
                }
            }
            Err(AuthenticateError::Malformed)
        }
        .boxed()
    }
}
