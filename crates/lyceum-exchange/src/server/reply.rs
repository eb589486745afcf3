//! Errors as clients of Academy expect them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::mailbox::{MailboxError, PutError, RegisterError, ReplayError};
use crate::server::AuthenticateError;
use crate::server::depot::DepositError;
use crate::store::{ReadError, StoreError};

/// Why a request is refused.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    #[error("Missing required headers.")]
    NoToken,
    #[error("Token expired or revoked.")]
    Inactive,
    #[error("tokens cannot be checked now")]
    Unchecked,
    #[error("the host named is not one of this server")]
    ForeignHost,
    #[error("this is not allowed: {0}")]
    Forbidden(&'static str),
    #[error("too many requests, try again later")]
    TooManyRequests,
    #[error("Missing or invalid field: '{0}'")]
    Missing(&'static str),
    #[error("Missing or invalid field: {0}")]
    Invalid(String),
    #[error("Invalid timeout (must be less than {0} and greater than 0)")]
    Timeout(u64),
    #[error("the body was not sent in time")]
    SlowBody,
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("Request timeout")]
    NothingCame,
    #[error("the server is ending")]
    Draining,
    #[error("this server keeps no blobs")]
    NoDepot,
    #[error("there is no such blob")]
    NoBlob,
    #[error("the blob has {size} bytes, and the range lies outside")]
    BadRange { size: u64 },
    #[error(transparent)]
    Deposit(#[from] DepositError),
    #[error("a file of the depot failed")]
    Depot(#[from] std::io::Error),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    Put(#[from] PutError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Academy's own code for a mailbox that is gone for good.
const TERMINATED: u16 = 419;

/// How mailboxes are called that are not there, or not for who asks.
const UNKNOWN: &str = "Unknown mailbox ID";

impl From<AuthenticateError> for Refusal {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Malformed => Self::NoToken,
            AuthenticateError::Inactive => Self::Inactive,
            AuthenticateError::Unavailable => Self::Unchecked,
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::Inactive | Self::ForeignHost | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Missing(_) | Self::Invalid(_) | Self::Timeout(_) => StatusCode::BAD_REQUEST,
            Self::SlowBody | Self::NothingCame => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Draining | Self::Unchecked | Self::Store(_) | Self::Read(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NoDepot | Self::NoBlob => StatusCode::NOT_FOUND,
            Self::BadRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Deposit(error) => of_deposit(error),
            Self::Depot(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            Self::Depot(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Mailbox(error) => of_mailbox(*error),
            Self::Put(error) => of_put(*error),
            Self::Register(error) => of_register(error),
            Self::Replay(ReplayError::Put(error)) => of_put(*error),
            Self::Replay(_) => StatusCode::NOT_FOUND,
        }
    }
}

fn of_mailbox(error: MailboxError) -> StatusCode {
    match error {
        MailboxError::Unknown(_) => StatusCode::NOT_FOUND,
        MailboxError::Terminated(_) => terminated(),
        MailboxError::Stale { .. } | MailboxError::TooManyGroups { .. } => StatusCode::CONFLICT,
        MailboxError::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

fn of_deposit(error: &DepositError) -> StatusCode {
    match error {
        DepositError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        DepositError::Full { .. }
        | DepositError::OverQuota { .. }
        | DepositError::TooMany { .. } => StatusCode::INSUFFICIENT_STORAGE,
        DepositError::Taken => StatusCode::CONFLICT,
        DepositError::Mismatch { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn of_put(error: PutError) -> StatusCode {
    match error {
        PutError::Mailbox(error) => of_mailbox(error),
        PutError::Full { .. } | PutError::TooManyOutstanding { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        PutError::TagInUse(_) => StatusCode::CONFLICT,
        PutError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
    }
}

fn of_register(error: &RegisterError) -> StatusCode {
    match error {
        RegisterError::NotYours(_) => StatusCode::NOT_FOUND,
        RegisterError::Terminated(_) => terminated(),
        RegisterError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        RegisterError::ProfileTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        RegisterError::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

fn terminated() -> StatusCode {
    StatusCode::from_u16(TERMINATED).expect("it has three digits")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let text = match status.as_u16() {
            404 if !matches!(self, Self::Replay(_) | Self::NoBlob | Self::NoDepot) => {
                UNKNOWN.to_owned()
            }
            TERMINATED => "Mailbox was closed".to_owned(),
            _ => self.to_string(),
        };
        if status.is_server_error() {
            tracing::warn!(error = &self as &dyn std::error::Error, "a request failed");
        }
        let mut response = (status, text).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
