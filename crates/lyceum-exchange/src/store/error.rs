//! What can be wrong with a store.

use std::error::Error;
use std::io;

use thiserror::Error;

/// Says why a store cannot be opened or does not work any more.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk refused.
    #[error("cannot {doing} segment {segment} of the log")]
    Segment {
        /// What was tried.
        doing: &'static str,
        /// With which segment.
        segment: u64,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// What was on disk for certain cannot be read any more; nothing after it is used.
    #[error("segment {segment} of the log is damaged at byte {offset}, amid what was on disk")]
    Damaged {
        /// Which segment.
        segment: u64,
        /// Where.
        offset: u32,
    },
    /// The index cannot be used.
    #[error("cannot {doing} the index")]
    Index {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The index cannot be read.
    #[error("the index is damaged, or of a later version")]
    IndexUnreadable,
    /// The index has another layout.
    #[error("the index has layout {found}, and this program knows {known}")]
    Layout {
        /// That of the index.
        found: u8,
        /// That of this program.
        known: u8,
    },
    /// The folder cannot be used.
    #[error("cannot use the folder of the store")]
    Folder(#[source] io::Error),
    /// It failed before, and works again after a restart.
    #[error("the store has failed, and nothing is accepted until a restart")]
    Failed,
}

impl StoreError {
    pub(crate) fn segment(doing: &'static str, segment: u64) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Segment { doing, segment, source }
    }

    pub(crate) fn index<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |source| Self::Index { doing, source: source.into() }
    }
}

/// Says why a body cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The disk refused.
    #[error("cannot read a body in segment {segment}")]
    Io {
        /// Where it lies.
        segment: u64,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// Its check sum is wrong.
    #[error("a body in segment {segment} at byte {offset} is damaged")]
    Damaged {
        /// Where it lies.
        segment: u64,
        /// At which byte.
        offset: u32,
    },
}
