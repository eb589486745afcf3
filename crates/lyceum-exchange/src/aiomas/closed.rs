//! Why a connection ended.

use std::io;
use std::sync::Arc;

use lyceum_wire::aiomas::{DecodeError, FrameError};
use thiserror::Error;

/// Says why a connection ended.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Closed {
    /// The other side closed it.
    #[error("the other side closed the connection")]
    There,
    /// The other side closed it without a word, though it was asked something: often, its codec is
    /// another one.
    #[error("the other side hung up without an answer: does it have the same codec?")]
    Unanswered,
    /// This side closed it.
    #[error("this side closed the connection")]
    Here,
    /// It ended in the middle of a frame.
    #[error("the connection ended inside of a frame")]
    CutOff,
    /// What came is no frame that can be taken.
    #[error("the other side sent a frame that cannot be taken")]
    Frame(#[source] FrameError),
    /// What came is nothing that could be answered: often, the other side has another codec.
    #[error("the other side sent what cannot be read: does it have the same codec?")]
    Payload(#[source] Arc<DecodeError>),
    /// The network failed.
    #[error("the connection was lost: {0}")]
    Lost(Arc<io::Error>),
}

impl From<FrameError> for Closed {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl From<io::Error> for Closed {
    fn from(error: io::Error) -> Self {
        Self::Lost(Arc::new(error))
    }
}
