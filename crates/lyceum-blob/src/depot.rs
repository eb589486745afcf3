//! Depots: exchange servers that keep blobs for nodes that may be gone when somebody reads them.

mod access;
mod client;
mod connector;
mod error;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use access::DepotAccess;
use bytes::Bytes;
use client::Client;
pub use error::DepotError;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::Method;
use hyper::body::Frame;
use lyceum_core::exchange::Door;

use crate::blob::Blob;
use crate::digest::Digest;
use crate::keeper::write_id;
use crate::outline::{Outline, SIZE_LIMIT, VALUE, part_count};
use crate::reference::{Home, Reference};
use crate::shelf::BlobId;
use crate::source::Source;

/// The folder of blobs on a server.
const FOLDER: &str = "/blob/";
/// How many bytes an answer has that is no blob.
pub(crate) const ANSWER_LIMIT: usize = 64 << 10;

/// An exchange server that keeps blobs; made by [`Blobs::depot`](crate::Blobs::depot).
///
/// A blob is there until its time is over or whoever put it [deletes](Self::delete) it, whatever
/// references there are: its owner may be gone when somebody reads it.
#[derive(Clone)]
pub struct Depot {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    client: Client,
    door: Door,
}

impl Depot {
    pub(crate) fn new(url: &str, access: &DepotAccess, door: Door) -> Result<Self, DepotError> {
        let url = url.trim_end_matches('/').to_owned();
        let client = Client::new(&url, access, &door)?;
        Ok(Self { shared: Arc::new(Shared { url, client, door }) })
    }

    /// Returns the server's URL.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Copies a blob to the server, which keeps it for so long.
    ///
    /// # Errors
    ///
    /// Says why the blob cannot be read, or why the server does not take it.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the server drops the bytes that are on their way. What it had
    /// accepted by then is kept until its time is over, and counts as what this token has put.
    pub async fn put(&self, blob: &Blob, kept: Duration) -> Result<Blob, DepotError> {
        let id = (u128::from(rand::random::<u64>()) << 64) | u128::from(rand::random::<u64>() & !1);
        let outline = Source::new(blob.reference().clone()).outline().await?;
        if outline.len() > 1 {
            let values = Bytes::from(outline.bytes(0, outline.len()));
            let digest = Digest::of(&values);
            let size = values.len() as u64;
            let body = Full::new(values).map_err(client::never).boxed_unsync();
            self.upload(outline_id(id), (body, size), digest, kept).await?;
        }
        if let Err(error) = self.upload(id, (body_of(blob), blob.size()), blob.digest(), kept).await
        {
            // Without its blob it is of no use. What cannot be deleted now ends with its time.
            let _ = self.remove(id, blob.size()).await;
            return Err(error);
        }
        let home = Home::Depot(self.shared.url.clone(), Some(self.clone()));
        Ok(Blob::new(Reference { id, size: blob.size(), digest: blob.digest(), home }))
    }

    async fn upload(
        &self,
        id: BlobId,
        body: (client::Body, u64),
        digest: Digest,
        kept: Duration,
    ) -> Result<(), DepotError> {
        let headers = [
            ("lyceum-digest", digest.to_string()),
            ("lyceum-expires", kept.as_secs().max(1).to_string()),
        ];
        let client = &self.shared.client;
        client.ask(Method::PUT, &path(id), &headers, body, ANSWER_LIMIT).await.map(drop)
    }

    /// Deletes a blob that was put by the same token.
    ///
    /// # Errors
    ///
    /// Says why not; a blob of somebody else is not there.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the blob may be there or not. Deleting it once more does no harm.
    pub async fn delete(&self, blob: &Blob) -> Result<(), DepotError> {
        let reference = blob.reference();
        if !matches!(&reference.home, Home::Depot(url, _) if *url == self.shared.url) {
            return Err(DepotError::Elsewhere { at: reference.location() });
        }
        self.remove(reference.id, reference.size).await
    }

    async fn remove(&self, id: BlobId, size: u64) -> Result<(), DepotError> {
        let blob = self.delete_one(id).await;
        if part_count(size) <= 1 {
            return blob;
        }
        // It may be there though the blob is not.
        match self.delete_one(outline_id(id)).await {
            Err(DepotError::Gone) => blob,
            outline => blob.and(outline),
        }
    }

    async fn delete_one(&self, id: BlobId) -> Result<(), DepotError> {
        let client = &self.shared.client;
        client.ask(Method::DELETE, &path(id), &[], nothing(), ANSWER_LIMIT).await.map(drop)
    }

    /// Fetches what the parts of a blob are checked by.
    pub(crate) async fn outline(&self, id: BlobId, size: u64) -> Result<Outline, DepotError> {
        let length = usize::try_from(part_count(size.min(SIZE_LIMIT))).unwrap_or(0) * VALUE;
        let client = &self.shared.client;
        let path = path(outline_id(id));
        let values = client.ask(Method::GET, &path, &[], nothing(), length).await?;
        let mut outline = Outline::default();
        let whole = outline.extend(&values);
        whole.ok_or(DepotError::Answer("expected 32 bytes of outline for each part".into()))?;
        Ok(outline)
    }

    /// Fetches some bytes of a blob.
    pub(crate) async fn range(
        &self,
        id: BlobId,
        start: u64,
        length: usize,
    ) -> Result<Bytes, DepotError> {
        let last = start + length as u64 - 1;
        let headers = [("range", format!("bytes={start}-{last}"))];
        let client = &self.shared.client;
        client.ask(Method::GET, &path(id), &headers, nothing(), length).await
    }

    pub(crate) fn door(&self) -> &Door {
        &self.shared.door
    }
}

/// Returns whether a reference to such a place leads to a server.
pub(crate) fn is_url(at: &str) -> bool {
    at.starts_with("http://") || at.starts_with("https://")
}

/// Reads a blob while it is sent.
fn body_of(blob: &Blob) -> client::Body {
    let reader = futures_util::stream::unfold(blob.read(), |mut reader| async move {
        match reader.next().await {
            Ok(chunk) => Some((Ok(Frame::data(chunk?)), reader)),
            Err(error) => Some((Err(error), reader)),
        }
    });
    // A stream that is not pinned cannot be a body.
    StreamBody::new(Box::pin(reader)).map_err(client::broken).boxed_unsync()
}

/// The number under which the outline of a blob is kept. Numbers of blobs are even.
fn outline_id(id: BlobId) -> BlobId {
    id | 1
}

fn path(id: BlobId) -> String {
    format!("{FOLDER}{}", write_id(id))
}

fn nothing() -> (client::Body, u64) {
    (Empty::new().map_err(client::never).boxed_unsync(), 0)
}

impl fmt::Debug for Depot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Depot('{}')", self.shared.url)
    }
}
