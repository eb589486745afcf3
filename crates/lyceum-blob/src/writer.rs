//! Writers: data that becomes a blob while it is made.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::blob::Blob;
use crate::content::Content;
use crate::error::PutError;
use crate::outline::{Outliner, SIZE_LIMIT};
use crate::reference::{Home, Reference};
use crate::shelf::Item;
use crate::store::{Store, Taken};

/// How many bytes are gathered before they are written to a file.
const GATHERED: usize = 1 << 20;

/// Takes data in pieces, and makes a blob of it; made by [`Blobs::writer`](crate::Blobs::writer).
///
/// The data is in memory as long as the node's [settings](crate::BlobSettings::memory) allow, and
/// then in a file without a name. Dropping the writer drops the data.
///
/// ```
/// use lyceum::prelude::*;
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let mut writer = node.blobs().writer().await?;
/// for line in 0..1000 {
///     writer.write(format!("{line}\n").as_bytes()).await?;
/// }
/// let blob = writer.finish().await?;
/// assert_eq!(blob.size(), 3890);
/// # Ok::<(), lyceum::BoxError>(()) }).unwrap();
/// ```
pub struct BlobWriter {
    store: Arc<Store>,
    taken: Taken,
    outliner: Outliner,
    /// What is not in the file.
    gathered: BytesMut,
    /// None while all is in memory.
    file: Option<Written>,
}

/// A file, and how many bytes were written to it.
struct Written {
    file: Arc<File>,
    length: u64,
}

impl BlobWriter {
    pub(crate) fn new(store: Arc<Store>) -> Result<Self, PutError> {
        let taken = store.take_room(0)?;
        Ok(Self {
            store,
            taken,
            outliner: Outliner::default(),
            gathered: BytesMut::new(),
            file: None,
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// Says that there is no room for them, or why the file cannot be written. The writer is of no
    /// use then.
    ///
    /// # Cancel safety
    ///
    /// The writer is of no use if the future is dropped.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), PutError> {
        let wanted = bytes.len() as u64;
        if wanted > SIZE_LIMIT - self.outliner.size() {
            return Err(PutError::TooLarge { limit: SIZE_LIMIT });
        }
        self.taken.grow(wanted)?;
        if self.file.is_none() && !self.taken.enter_memory(wanted) {
            self.file = Some(Written { file: Arc::new(self.store.own_file()?), length: 0 });
        }
        let Some(file) = &mut self.file else {
            self.outliner.update(bytes);
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        };
        for bytes in bytes.chunks(GATHERED) {
            self.outliner.update(bytes);
            self.gathered.extend_from_slice(bytes);
            if self.gathered.len() >= GATHERED {
                file.append(&self.store, self.gathered.split().freeze()).await?;
                self.taken.leave_memory();
            }
        }
        Ok(())
    }

    /// Makes the blob.
    ///
    /// # Errors
    ///
    /// Says that there are too many blobs, or why the file cannot be written.
    ///
    /// # Cancel safety
    ///
    /// The data is dropped if the future is.
    pub async fn finish(mut self) -> Result<Blob, PutError> {
        let content = match self.file.take() {
            None => Content::Memory(self.gathered.freeze()),
            Some(mut file) => {
                file.append(&self.store, self.gathered.split().freeze()).await?;
                self.taken.leave_memory();
                Content::File(file.file)
            }
        };
        let size = self.outliner.size();
        let (digest, outline) = self.outliner.finish();
        let id = self.store.put(Item { content, outline, digest, size }, self.taken)?;
        Ok(Blob::new(Reference { id, size, digest, home: Home::Own(self.store) }))
    }
}

impl Written {
    async fn append(&mut self, store: &Store, bytes: Bytes) -> Result<(), PutError> {
        let (file, start, length) = (self.file.clone(), self.length, bytes.len() as u64);
        store.blocking(move || Ok(file.write_all_at(&bytes, start)?)).await?;
        self.length += length;
        Ok(())
    }
}

impl fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobWriter").field("size", &self.outliner.size()).finish_non_exhaustive()
    }
}
