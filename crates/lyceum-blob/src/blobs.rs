//! The blobs of a node: where data is put.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use lyceum_core::wire::Address;
use lyceum_core::{Agent, AnyHandle, Context, Node};
use serde::Serialize;

use crate::blob::Blob;
use crate::content::Content;
use crate::digest::Digest;
use crate::error::PutError;
use crate::large::Large;
use crate::outline::{Outline, Outliner, PART, SIZE_LIMIT};
use crate::reference::{Home, Reference};
use crate::settings::BlobSettings;
use crate::shelf::Item;
use crate::store::{BlobUse, Store};
use crate::writer::BlobWriter;

/// How many bytes of a file are read at once while its digest is computed.
const READ: usize = 1 << 20;
/// From how many bytes on a digest is computed on a thread for blocking work.
const HEAVY: usize = 1 << 20;

/// The blobs of a node.
///
/// They are handed out by an agent of the node, which is launched with the first of them, and end
/// with the node.
#[derive(Clone, Debug)]
pub struct Blobs {
    node: Node,
    store: Arc<Store>,
}

/// Gives nodes and agents blobs.
pub trait BlobsExt {
    /// Returns the node's blobs, with the usual settings if it has none yet.
    fn blobs(&self) -> Blobs {
        self.blobs_with(BlobSettings::default())
    }

    /// Returns the node's blobs, with these settings if it has none yet.
    fn blobs_with(&self, settings: BlobSettings) -> Blobs;
}

impl BlobsExt for Node {
    fn blobs_with(&self, settings: BlobSettings) -> Blobs {
        Blobs { node: self.clone(), store: Store::of(self, settings) }
    }
}

impl<A: Agent> BlobsExt for Context<A> {
    fn blobs_with(&self, settings: BlobSettings) -> Blobs {
        self.node().blobs_with(settings)
    }
}

impl Blobs {
    /// Keeps bytes.
    ///
    /// # Errors
    ///
    /// Says that there is no room for them, or for another blob; or why they cannot be written to a
    /// file, where they go if there is no room in memory.
    ///
    /// # Cancel safety
    ///
    /// The bytes are dropped if the future is.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<Blob, PutError> {
        let bytes: Bytes = bytes.into();
        let size = bytes.len() as u64;
        let mut taken = self.store.take_room(size)?;
        if !taken.enter_memory(size) {
            drop(taken);
            let mut writer = self.writer().await?;
            writer.write(&bytes).await?;
            return writer.finish().await;
        }
        self.store.keeper(&self.node).await?;
        let outlined = bytes.clone();
        let (digest, outline) = if bytes.len() < HEAVY || self.store.door.runtime().is_none() {
            outline_of(&outlined)
        } else {
            self.store.blocking(move || Ok(outline_of(&outlined))).await?
        };
        let item = Item { content: Content::Memory(bytes), outline, digest, size };
        let id = self.store.put(item, taken)?;
        Ok(Blob::new(Reference { id, size, digest, home: Home::Own(self.store.clone()) }))
    }

    /// Lends a file: its bytes stay where they are, and are read when somebody wants them.
    ///
    /// Who reads notices if they are changed meanwhile. The file is kept open.
    ///
    /// # Errors
    ///
    /// Says why it cannot be read, that it is too large, or that there are too many blobs. A node
    /// in virtual time has no files.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lent if the future is dropped.
    pub async fn file(&self, path: impl AsRef<Path>) -> Result<Blob, PutError> {
        self.store.keeper(&self.node).await?;
        let path = path.as_ref().to_owned();
        let item = self.store.blocking(move || lend(&path)).await?;
        let (size, digest) = (item.size, item.digest);
        let id = self.store.put(item, self.store.take_room(0)?)?;
        Ok(Blob::new(Reference { id, size, digest, home: Home::Own(self.store.clone()) }))
    }

    /// Makes a value ready to travel: by reference if it has as many bytes in JSON as the
    /// [settings](BlobSettings::threshold) say.
    ///
    /// Blobs within a value that travels by reference are good for their lease, until it is taken.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put); or says why the value has no form in JSON.
    ///
    /// # Cancel safety
    ///
    /// The value is dropped if the future is.
    pub async fn large<T: Serialize>(&self, value: T) -> Result<Large<T>, PutError> {
        let bytes = serde_json::to_vec(&value).map_err(PutError::Encode)?;
        if bytes.len() < self.store.settings.threshold {
            return Ok(Large::Value(value));
        }
        drop(value);
        self.put(bytes).await.map(Large::Blob)
    }

    /// Begins a blob whose data comes in pieces.
    ///
    /// # Errors
    ///
    /// Says why blobs cannot be handed out.
    pub async fn writer(&self) -> Result<BlobWriter, PutError> {
        self.store.keeper(&self.node).await?;
        BlobWriter::new(self.store.clone())
    }

    /// Returns the agent that hands the blobs out, to be given a mailbox on an exchange.
    ///
    /// # Errors
    ///
    /// Says why it was not launched.
    pub async fn keeper(&self) -> Result<AnyHandle, PutError> {
        Ok(self.store.keeper(&self.node).await?.any())
    }

    /// Has references that leave from now on lead to an address of the [keeper](Self::keeper) on an
    /// exchange, for nodes that do not reach this one directly.
    pub fn advertise(&self, address: Address) {
        self.store.advertise(address);
    }

    /// Makes an exchange server known to the node, where blobs can be put and are read from.
    ///
    /// References to servers that are not known to a node lead nowhere on it.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the URL or the token. A node in virtual time has no servers.
    #[cfg(feature = "depot")]
    pub fn depot(&self, url: &str, token: Option<&str>) -> Result<crate::Depot, crate::DepotError> {
        let access = crate::DepotAccess::new();
        self.depot_with(url, &token.into_iter().fold(access, crate::DepotAccess::token))
    }

    /// As [`depot`](Self::depot), with what else is to be said of the server.
    ///
    /// # Errors
    ///
    /// As [`depot`](Self::depot); or says that no authority can be used, for `https://`.
    #[cfg(feature = "depot")]
    pub fn depot_with(
        &self,
        url: &str,
        access: &crate::DepotAccess,
    ) -> Result<crate::Depot, crate::DepotError> {
        let depot = crate::Depot::new(url, access, self.store.door.clone())?;
        self.store.add_depot(depot.clone());
        Ok(depot)
    }

    /// Returns what the node's blobs take.
    pub fn usage(&self) -> BlobUse {
        self.store.usage()
    }
}

fn outline_of(bytes: &[u8]) -> (Digest, Outline) {
    let mut outliner = Outliner::default();
    bytes.chunks(PART).for_each(|chunk| outliner.update(chunk));
    outliner.finish()
}

/// Opens a file and computes its digest.
fn lend(path: &Path) -> Result<Item, PutError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let why = format!("`{}` is no file", path.display());
        return Err(PutError::File(std::io::Error::new(std::io::ErrorKind::InvalidInput, why)));
    }
    let size = metadata.len();
    if size > SIZE_LIMIT {
        return Err(PutError::TooLarge { limit: SIZE_LIMIT });
    }
    let content = Content::File(Arc::new(file));
    let mut outliner = Outliner::default();
    while outliner.size() < size {
        let left = usize::try_from(size - outliner.size()).unwrap_or(usize::MAX);
        outliner.update(&content.read(outliner.size(), left.min(READ))?);
    }
    let (digest, outline) = outliner.finish();
    Ok(Item { content, outline, digest, size })
}
