//! How blobs can fail.

use std::io;

use lyceum_core::{CallError, LaunchError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::Digest;

/// Says why a blob cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Its owner does not have it any more.
    #[error(
        "the blob of {size} bytes at `{at}` is gone: it was freed, or nobody renewed its references"
    )]
    Gone {
        /// Where it was.
        at: String,
        /// How many bytes it had.
        size: u64,
    },
    /// Its owner does not answer.
    #[error("cannot reach `{at}`, which has a blob of {size} bytes")]
    Unreachable {
        /// Where it is.
        at: String,
        /// How many bytes it has.
        size: u64,
        /// Why there is no answer.
        #[source]
        cause: Box<CallError>,
    },
    /// Its reference leads nowhere from here.
    #[error("the blob of {size} bytes at `{at}` leads nowhere from here: {why}")]
    Astray {
        /// Where it should be.
        at: String,
        /// How many bytes it should have.
        size: u64,
        /// Why there is no way.
        why: String,
    },
    /// Its bytes are others than the reference says.
    #[error(
        "the blob at `{at}` has other bytes: expected digest {expected}, found {found}, {place}"
    )]
    Mismatch {
        /// Where it is.
        at: String,
        /// The digest in the reference.
        expected: Digest,
        /// The digest of what came, all of it or the part.
        found: Digest,
        /// What the second digest is of.
        place: String,
    },
    /// It is larger than whoever reads it wants.
    #[error("the blob has {size} bytes, and at most {limit} are wanted")]
    TooLarge {
        /// How many bytes it has.
        size: u64,
        /// How many are wanted.
        limit: u64,
    },
    /// Its owner cannot read it.
    #[error("the owner of the blob at `{at}` cannot read it: {why}")]
    Storage {
        /// Where it is.
        at: String,
        /// Why.
        why: String,
    },
    /// What its owner says makes no sense.
    #[error("the owner of the blob at `{at}` misbehaves: {why}")]
    Malformed {
        /// Where it is.
        at: String,
        /// What was expected.
        why: String,
    },
}

/// Says why data cannot be put into the blobs of a node.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PutError {
    /// There are as many blobs as are allowed.
    #[error("cannot keep another blob: there are {limit}, which is all that is allowed")]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
    /// There is no room for the bytes.
    #[error("cannot keep {wanted} more bytes: {used} of {limit} are used")]
    Full {
        /// How many bytes were to be kept.
        wanted: u64,
        /// How many are kept.
        used: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// It is larger than any blob may be.
    #[error("cannot keep a blob of more than {limit} bytes")]
    TooLarge {
        /// How many bytes a blob may have.
        limit: u64,
    },
    /// A file is needed, on a node in virtual time.
    #[error("cannot use files on a node in virtual time")]
    VirtualTime,
    /// A file cannot be read or written.
    #[error("cannot use the file")]
    File(#[source] io::Error),
    /// The value has no form in JSON.
    #[error("cannot encode the value")]
    Encode(#[source] serde_json::Error),
    /// The agent that hands blobs out was not launched.
    #[error("cannot hand out blobs")]
    Launch(#[source] LaunchError),
    /// The node has stopped.
    #[error("cannot keep a blob: the node has stopped")]
    NodeStopped,
}

/// What the owner of a blob answers if it does not have what was asked for.
///
/// A struct, since values by position cannot have variants with data and others without.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize, JsonSchema)]
#[error("{text}")]
pub(crate) struct BlobFault {
    /// What is the matter.
    pub(crate) kind: BlobFaultKind,
    /// The same in words.
    pub(crate) text: String,
}

/// What is the matter with a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum BlobFaultKind {
    /// There is no such blob.
    Gone,
    /// It has fewer parts.
    NoSuchPart,
    /// There are too many references.
    TooManyReferences,
    /// The bytes cannot be read.
    Storage,
}

impl BlobFault {
    pub(crate) fn gone() -> Self {
        Self { kind: BlobFaultKind::Gone, text: "there is no such blob here".into() }
    }

    /// What a reference comes to that no node has.
    pub(crate) fn nowhere() -> Self {
        let text = "the reference was not decoded on a node".into();
        Self { kind: BlobFaultKind::Gone, text }
    }

    pub(crate) fn no_such_part(count: u64) -> Self {
        let text = format!("the blob has {count} parts");
        Self { kind: BlobFaultKind::NoSuchPart, text }
    }

    pub(crate) fn too_many_references(limit: usize) -> Self {
        let text = format!("the blob has {limit} references, which is all that is allowed");
        Self { kind: BlobFaultKind::TooManyReferences, text }
    }

    pub(crate) fn storage(error: &dyn std::error::Error) -> Self {
        Self { kind: BlobFaultKind::Storage, text: error.to_string() }
    }
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}
