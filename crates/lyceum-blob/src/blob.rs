//! Blobs: references to large data.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;
use crate::error::BlobError;
use crate::outline::PART;
use crate::reader::BlobReader;
use crate::reference::{Reference, Travel};
use crate::source::Source;

/// A reference to large data, which stays where it is until somebody reads it.
///
/// An argument or result like any other: what travels with it is where the data is, its size and
/// its digest. Agents that pass it on move nothing. Its bytes are checked while they are read. The
/// data is freed when the last reference is dropped, wherever that is; a reference that is lost
/// with its process is good until its [lease](crate::BlobSettings::lease) ends.
///
/// Cloning it is cheap, and so is passing it on. Two are equal if their content is.
///
/// ```
/// use lyceum::prelude::*;
///
/// struct Counter;
///
/// #[agent]
/// impl Counter {
///     /// Counts the lines of a text.
///     #[action]
///     async fn lines(&self, text: Blob) -> Result<usize, String> {
///         let bytes = text.bytes(1 << 20).await.map_err(|error| error.to_string())?;
///         Ok(bytes.iter().filter(|byte| **byte == b'\n').count())
///     }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let text = node.blobs().put("one\ntwo\n").await?;
/// let counter = node.launch(Counter).await?;
/// assert_eq!(counter.lines(text).await?, 2);
/// # Ok::<(), lyceum::BoxError>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Blob {
    reference: Arc<Reference>,
}

impl Blob {
    pub(crate) fn new(reference: Reference) -> Self {
        Self { reference: Arc::new(reference) }
    }

    #[cfg(feature = "depot")]
    pub(crate) fn reference(&self) -> &Arc<Reference> {
        &self.reference
    }

    /// Returns how many bytes the data has.
    pub fn size(&self) -> u64 {
        self.reference.size
    }

    /// Returns what tells the data from all other.
    pub fn digest(&self) -> Digest {
        self.reference.digest
    }

    /// Runs `work` so that what it decodes belongs to the node that has the reference.
    pub(crate) fn reviving<T>(&self, work: impl FnOnce() -> T) -> T {
        match Source::new(self.reference.clone()).door() {
            Some(door) => door.reviving(work),
            None => work(),
        }
    }

    /// Returns where the data is: the address of its owner.
    pub fn location(&self) -> String {
        self.reference.location()
    }

    /// Reads the data from its beginning.
    ///
    /// Nothing is fetched before the reader is asked for something.
    pub fn read(&self) -> BlobReader {
        BlobReader::new(self.reference.clone(), 0)
    }

    /// Reads the data from a place on, to go on where an earlier reader ended.
    ///
    /// A place behind the end is the end.
    pub fn read_from(&self, start: u64) -> BlobReader {
        BlobReader::new(self.reference.clone(), start.min(self.size()))
    }

    /// Reads all of the data into memory.
    ///
    /// # Errors
    ///
    /// Says that it has more than `limit` bytes, before anything is fetched; or as
    /// [`BlobReader::next`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the transfer.
    pub async fn bytes(&self, limit: u64) -> Result<Bytes, BlobError> {
        if self.size() > limit {
            return Err(BlobError::TooLarge { size: self.size(), limit });
        }
        let mut reader = self.read();
        let Some(first) = reader.next().await? else { return Ok(Bytes::new()) };
        if self.size() <= PART as u64 {
            return Ok(first);
        }
        // Grows with what comes, and not with what is announced.
        let mut all = BytesMut::from(&first[..]);
        while let Some(chunk) = reader.next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest() && self.size() == other.size()
    }
}

impl Eq for Blob {}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.reference.pass_on().map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let travel = Travel::deserialize(deserializer)?;
        Reference::arrive(&travel).map(Self::new).map_err(D::Error::custom)
    }
}

impl JsonSchema for Blob {
    fn schema_name() -> Cow<'static, str> {
        "Blob".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        Travel::json_schema(schemas)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes at '{}', {})", self.size(), self.location(), self.digest())
    }
}
