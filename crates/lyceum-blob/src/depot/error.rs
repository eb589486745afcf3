//! How depots fail.

use thiserror::Error;

use crate::error::BlobError;

/// Says why a depot did not do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DepotError {
    /// The text is no URL of a depot.
    #[error("cannot use `{url}` as a depot: expected http://HOST:PORT or https://HOST:PORT")]
    Url {
        /// The text.
        url: String,
    },
    /// The token cannot be a header of a request.
    #[error("the token has letters that no token has")]
    Token,
    /// There is no authority that could have signed the server's certificate.
    #[error("cannot use the authorities of {place}: {why}")]
    Authority {
        /// The file, or where else they are.
        place: String,
        /// What is wrong with them.
        why: String,
    },
    /// The node's time is simulated, which servers do not follow.
    #[error("cannot use a depot on a node in virtual time")]
    VirtualTime,
    /// The server does not answer.
    #[error("cannot reach `{url}`: {why}")]
    Unreachable {
        /// Which server.
        url: String,
        /// Why.
        why: String,
    },
    /// The server has no such blob, or not for this token.
    #[error("the server has no such blob: it was deleted, or its time is over")]
    Gone,
    /// The server has no room, or not for more of this token's.
    #[error("the server has no room: {0}")]
    Full(String),
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(String),
    /// What the server says makes no sense.
    #[error("the server misbehaves: {0}")]
    Answer(String),
    /// The blob is elsewhere.
    #[error("the blob is not at this depot, but at `{at}`")]
    Elsewhere {
        /// Where it is.
        at: String,
    },
    /// The blob that was to be put cannot be read.
    #[error("cannot read the blob that is to be put")]
    Blob(#[from] BlobError),
}
