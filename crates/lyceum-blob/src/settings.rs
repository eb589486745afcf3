//! How much a node keeps, and for how long.

use std::path::PathBuf;
use std::time::Duration;

/// The bounds of a node's blobs.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum::prelude::*;
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let settings = BlobSettings { memory: 1 << 20, ..BlobSettings::default() };
/// let blob = node.blobs_with(settings).put("all that there is").await?;
/// assert_eq!(blob.size(), 17);
/// # Ok::<(), lyceum::BoxError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct BlobSettings {
    /// Blobs at a time.
    pub count: usize,
    /// Bytes of all blobs that the node keeps itself, in memory and in files of its own. Files that
    /// are [lent](crate::Blobs::file) to it do not count.
    pub bytes: u64,
    /// How many of these bytes are in memory; what is more goes to files of the node's own.
    pub memory: u64,
    /// From how many bytes of JSON on a [`Large`](crate::Large) value travels by reference.
    pub threshold: usize,
    /// How long a reference is good for that nobody renews; 15 seconds at least. References that
    /// are held are renewed by themselves, three times in this time.
    pub lease: Duration,
    /// Where files of the node's own lie; the system's folder for such files unless set. They have
    /// no names there, and are gone with the process.
    pub folder: Option<PathBuf>,
}

/// The shortest lease: holders renew their references every few seconds, and not more often.
pub(crate) const LEAST_LEASE: Duration = Duration::from_secs(15);

impl Default for BlobSettings {
    fn default() -> Self {
        Self {
            count: 10_000,
            bytes: 16 << 30,
            memory: 16 << 20,
            threshold: 8 << 20,
            lease: Duration::from_secs(60),
            folder: None,
        }
    }
}
