//! Values that travel by reference once they are large.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::error::BlobError;

/// A value that travels in its message while it is small, and by reference when it is large.
///
/// Made by [`Blobs::large`](crate::Blobs::large). An argument or result like any other: agents that
/// pass it on neither move nor decode it. By reference it is JSON.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum::Large;
///
/// struct Sum;
///
/// #[agent]
/// impl Sum {
///     #[action]
///     async fn of(&self, numbers: Large<Vec<u64>>) -> Result<u64, String> {
///         let numbers = numbers.take(1 << 30).await.map_err(|error| error.to_string())?;
///         Ok(numbers.into_iter().sum())
///     }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let settings = BlobSettings { threshold: 1000, ..BlobSettings::default() };
/// let blobs = node.blobs_with(settings);
/// let sum = node.launch(Sum).await?;
///
/// let few = blobs.large(vec![1, 2, 3]).await?;
/// assert!(few.blob().is_none());
/// assert_eq!(sum.of(few).await?, 6);
///
/// let many = blobs.large((1..=1000).collect::<Vec<u64>>()).await?;
/// assert!(many.blob().is_some());
/// assert_eq!(sum.of(many).await?, 500_500);
/// # Ok::<(), lyceum::BoxError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(bound = "T: JsonSchema")]
pub enum Large<T> {
    /// The value itself.
    Value(T),
    /// The value in JSON, by reference.
    Blob(Blob),
}

impl<T> Large<T> {
    /// Returns the reference, if the value travels by one.
    pub fn blob(&self) -> Option<&Blob> {
        match self {
            Self::Value(_) => None,
            Self::Blob(blob) => Some(blob),
        }
    }
}

impl<T: DeserializeOwned> Large<T> {
    /// Returns the value, which is fetched if it was large: `limit` bytes of JSON at most.
    ///
    /// # Errors
    ///
    /// As [`Blob::bytes`]; or says that the bytes are no such value.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the transfer; the value is lost with it.
    pub async fn take(self, limit: u64) -> Result<T, BlobError> {
        let blob = match self {
            Self::Value(value) => return Ok(value),
            Self::Blob(blob) => blob,
        };
        let bytes = blob.bytes(limit).await?;
        blob.reviving(|| serde_json::from_slice(&bytes)).map_err(|error| BlobError::Malformed {
            at: blob.location(),
            why: format!("the value is another one: {error}"),
        })
    }
}
