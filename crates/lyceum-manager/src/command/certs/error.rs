//! How making certificates can fail.

use std::io;
use std::path::PathBuf;

use lyceum_core::Value;
use lyceum_exchange::CertificatesError;
use thiserror::Error;

use crate::command::failure::Failure;

/// Says why there are no certificates.
#[derive(Debug, Error)]
pub(super) enum CertsError {
    /// Something is there that would be overwritten.
    #[error("cannot write `{}`: it is there already, and --force would replace it", .0.display())]
    Exists(PathBuf),
    /// Two nodes would have the same files.
    #[error("cannot make two certificates for `{0}`: expected each node once")]
    Twice(String),
    /// Of the authority, one of two files is missing.
    #[error("cannot sign with the authority: `{}` is missing", .0.display())]
    Half(PathBuf),
    /// The authority is of no use.
    #[error("cannot sign with the authority: {0}")]
    Authority(CertificatesError),
    /// What was made is of no use.
    #[error("cannot use what was made: {0}")]
    Unfit(CertificatesError),
    /// Keys or certificates cannot be made.
    #[error("cannot make certificates: {0}")]
    Make(#[from] rcgen::Error),
    /// A file cannot be read or written.
    #[error("cannot {verb} `{}`: {cause}", file.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On what.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no clock.
    #[error("cannot tell the date: {0}")]
    Runtime(io::Error),
}

impl From<CertsError> for Failure {
    fn from(error: CertsError) -> Self {
        let text = error.to_string();
        match error {
            CertsError::Exists(_) | CertsError::Twice(_) | CertsError::Half(_) => Self::Usage(text),
            _ => Self::Action { text, kind: None, value: Value::Null },
        }
    }
}
